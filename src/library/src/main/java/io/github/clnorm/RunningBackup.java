package io.github.clnorm;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Copies of layers' running statistics on their devices, from before a pass that may fail. Used by one thread at a time. */
final class RunningBackup implements AutoCloseable {

    private final List<Kept> copies = new ArrayList<>();

    /** The running statistics of a layer. */
    private record Kept(ChannelStatisticsNorm layer, long batches, Tensor mean, Tensor variance) {}

    /**
     * Copies them. Asynchronous.
     *
     * @throws io.github.clnorm.device.ClException if a device fails; nothing is kept then
     */
    RunningBackup(List<Layer> layers) {
        try {
            for (Layer layer : layers) {
                if (layer instanceof ChannelStatisticsNorm channels && channels.tracksRunningStats()) {
                    add(channels);
                }
            }
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    private void add(ChannelStatisticsNorm layer) {
        Tensor mean = copy(layer.runningMean());
        try {
            copies.add(new Kept(layer, layer.numBatchesTracked(), mean, copy(layer.runningVar())));
        } catch (RuntimeException | Error e) {
            mean.close();
            throw e;
        }
    }

    private static Tensor copy(Tensor tensor) {
        Tensor copy = tensor.backend().empty(tensor.type(), tensor.sizes());
        try {
            copy.copyFrom(tensor);
            return copy;
        } catch (RuntimeException | Error e) {
            copy.close();
            throw e;
        }
    }

    /**
     * Gives the layers the statistics that they had. Asynchronous. It can be called again if it throws.
     *
     * @throws io.github.clnorm.device.ClException if a device fails
     */
    void restore() {
        RuntimeException first = null;
        for (Kept copy : copies) {
            try {
                copy.layer.runningMean().copyFrom(copy.mean);
                copy.layer.runningVar().copyFrom(copy.variance);
                copy.layer.numBatchesTracked(copy.batches);
            } catch (RuntimeException e) {
                first = first == null ? e : first;
            }
        }
        if (first != null) {
            throw first;
        }
    }

    @Override
    public void close() {
        ShardedTensor.close(copies.stream()
                .flatMap(copy -> Stream.of(copy.mean, copy.variance))
                .toList());
    }
}
