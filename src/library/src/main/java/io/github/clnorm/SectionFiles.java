package io.github.clnorm;

import io.github.clnorm.internal.fleet.ChannelFile;
import io.github.clnorm.internal.fleet.ChannelTarget;
import io.github.clnorm.internal.fleet.EndOfSource;
import io.github.clnorm.internal.stream.TensorSource;
import io.github.clnorm.internal.stream.TensorTarget;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayList;
import java.util.List;

/**
 * The tensors of a pass in sections, which are read twice and in any order: a channel that is no file goes through a temporary
 * one. Used by one thread.
 */
final class SectionFiles implements AutoCloseable {

    private final FleetRequest request;
    private final boolean writesInOrder;
    private final long bytes;
    private final List<ChannelFile> open = new ArrayList<>();
    private final List<Runnable> unfinished = new ArrayList<>();

    /**
     * No tensors.
     *
     * @param writesInOrder whether targets get their sections in order
     */
    SectionFiles(FleetRequest request, boolean writesInOrder) {
        this.request = request;
        this.writesInOrder = writesInOrder;
        this.bytes = request.elements() * request.type.bytes();
    }

    /**
     * Opens a tensor for reading. Null for null.
     *
     * @throws EndOfSource with the tensor's name if a channel has fewer bytes
     */
    TensorSource source(FleetSource source) {
        if (source == null) {
            return null;
        }
        try {
            TensorSource known = source.inAnyOrder(request);
            TensorSource tensor =
                    known != null ? known : keep(ChannelFile.of(source.channel(), bytes, request.type.bytes()));
            return (element, into) -> read(source, tensor, element, into);
        } catch (EndOfSource e) {
            throw e.of(source.name());
        }
    }

    private static void read(FleetSource source, TensorSource tensor, long element, ByteBuffer into) {
        try {
            tensor.read(element, into);
        } catch (EndOfSource e) {
            throw e.of(source.name());
        }
    }

    /** Opens a tensor for writing. Null for null. */
    TensorTarget target(FleetTarget target) {
        if (target == null) {
            return null;
        }
        if (target.buffer() != null) {
            return FleetBuffers.target(request, target.buffer()).asTarget();
        }
        WritableByteChannel channel = target.channel();
        if (writesInOrder) {
            return new ChannelTarget(channel, request.type.bytes());
        }
        ChannelFile file = keep(ChannelFile.of(channel, bytes, request.type.bytes()));
        unfinished.add(() -> file.finish(channel, bytes));
        return file;
    }

    private ChannelFile keep(ChannelFile file) {
        open.add(file);
        return file;
    }

    /** Brings what was written to the targets' channels. */
    void finish() {
        unfinished.forEach(Runnable::run);
    }

    /** Deletes temporary files. */
    @Override
    public void close() {
        open.forEach(ChannelFile::close);
    }
}
