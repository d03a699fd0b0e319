package io.github.clnorm;

import io.github.clnorm.internal.geometry.BackwardProblem;
import io.github.clnorm.internal.geometry.Cut;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.Section;
import io.github.clnorm.internal.geometry.Sets;
import io.github.clnorm.internal.geometry.Statistics;
import io.github.clnorm.internal.runtime.BackwardBuffers;
import io.github.clnorm.internal.runtime.Reals;
import io.github.clnorm.internal.stream.Affine;
import io.github.clnorm.internal.stream.BackwardTensors;
import io.github.clnorm.internal.stream.HostValues;
import io.github.clnorm.internal.stream.ParameterTable;
import io.github.clnorm.internal.stream.RowSums;
import io.github.clnorm.internal.stream.SetStatistics;
import io.github.clnorm.internal.stream.StreamDevices;
import io.github.clnorm.type.ElementType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * The gradients of the parameters of a sharded tensor: the sums of the blocks of all shards, merged as those of one tensor. A
 * device adds the blocks that its shard has as a whole. Blocks that are cut between shards go to one device, in sections.
 *
 * <p>For one backward pass of one thread.
 */
final class ShardSums {

    private static final long MOST_BYTES = 16 << 20;

    private final NormSpec spec;
    private final ShardedTensor input;
    private final ShardedTensor gradOutput;
    private final ElementType type;
    private final Geometry whole;
    private final boolean ofWeight;
    private final boolean ofBias;
    // Of the device of the first shard; all have the same parameters.
    private final Layer layer;
    // Both null without parameters, and for a tensor without elements.
    private ParameterTable table;
    private ShardBlocks blocks;
    // Of all sets; null if no block is cut.
    private SetStatistics statistics;

    /**
     * Without sums.
     *
     * @param layers of the devices
     */
    ShardSums(NormSpec spec, ShardedTensor input, ShardedTensor gradOutput, List<Layer> layers) {
        this.spec = spec;
        this.input = input;
        this.gradOutput = gradOutput;
        this.layer = layers.get(input.shards().get(0).device());
        this.type = input.type();
        this.ofWeight = layer.weight() != null;
        this.ofBias = layer.bias() != null;
        Sets sets = spec.sets();
        this.whole = sets.geometry(input.shape());
        if (whole.elements() > 0 && (ofWeight || ofBias)) {
            Tensor parameter = ofWeight ? layer.weight() : layer.bias();
            table = new ParameterTable(new BackwardProblem(
                    whole,
                    sets.statistics(),
                    type,
                    parameter.type(),
                    spec.activation(),
                    false,
                    true,
                    ofWeight,
                    ofBias));
            blocks = new ShardBlocks(input, whole);
            statistics = blocks.cut().isEmpty() ? null : SetStatistics.of(type.accumulator(), whole.sets());
        }
    }

    /** Adds the blocks that a shard has as a whole. Blocks until their sums are on the host. */
    void add(Layer own, SavedPass pass, ShardedTensor.Shard ofGradient) {
        if (table == null) {
            return;
        }
        ShardedTensor.Shard shard = input.shardOf(ofGradient.device());
        if (statistics != null) {
            collect(own.channelState(), pass.statistics(), blocks.first(shard) * setsOfRow());
        }
        ShardBlocks.Range range = blocks.whole(shard);
        if (range.count() > 0) {
            long first = range.first();
            long count = range.count();
            long skipped = first - blocks.first(shard);
            try (Tensor x = part(pass.input(), skipped, count);
                    Tensor dy = part(ofGradient.tensor(), skipped, count);
                    Saved values = values(own, pass, first, count)) {
                table.add(
                        x.backend().session(),
                        Section.ofElements(whole, first * blocks.elementsOfRow(), count * blocks.elementsOfRow()),
                        new BackwardBuffers(
                                x.buffer(),
                                null,
                                dy.buffer(),
                                Pass.buffer(own.weight()),
                                Pass.buffer(own.bias()),
                                Pass.buffer(values.mean()),
                                Pass.buffer(values.meanLo()),
                                Pass.buffer(values.rstd()),
                                null,
                                null,
                                null),
                        eps());
            }
        }
    }

    /** Some rows of a shard, in its memory. */
    private Tensor part(Tensor shard, long first, long count) {
        long ofRow = blocks.elementsOfRow();
        try (Tensor asRows = shard.view(shard.elements() / ofRow, ofRow)) {
            return asRows.slice(first, first + count);
        }
    }

    private boolean given() {
        return spec.sets().statistics() == Statistics.GIVEN;
    }

    private long setsOfRow() {
        return given() ? 0 : whole.sets() / blocks.rows();
    }

    /** The statistics of some rows on a device, which the caller closes. */
    private Saved values(Layer own, SavedPass pass, long first, long count) {
        if (given()) {
            ChannelState state = own.channelState();
            return new Saved(view(state.runningMean()), null, view(state.runningVar()));
        }
        Saved saved = pass.statistics();
        if (statistics == null) {
            return new Saved(view(saved.mean()), view(saved.meanLo()), view(saved.rstd()));
        }
        long from = first * setsOfRow();
        long sets = count * setsOfRow();
        Backend backend = own.backend();
        return new Saved(
                saved.mean() == null ? null : uploaded(backend, statistics.mean(), from, sets),
                saved.meanLo() == null ? null : uploaded(backend, statistics.meanLo(), from, sets),
                uploaded(backend, statistics.rstd(), from, sets));
    }

    private static Tensor view(Tensor tensor) {
        return tensor == null ? null : tensor.view(tensor.elements());
    }

    private static Tensor uploaded(Backend backend, HostValues values, long first, long count) {
        return backend.tensor(values.type(), slice(values, first, count), count);
    }

    private static ByteBuffer slice(HostValues values, long first, long count) {
        int bytes = values.type().bytes();
        return values.bytes()
                .slice(Math.toIntExact(first * bytes), Math.toIntExact(count * bytes))
                .order(ByteOrder.nativeOrder());
    }

    /** Copies the statistics of a shard to the host. */
    private void collect(ChannelState state, Saved saved, long firstSet) {
        if (given()) {
            state.runningMean().get(slice(statistics.mean(), 0, whole.sets()));
            state.runningVar().get(slice(statistics.variance(), 0, whole.sets()));
            return;
        }
        long sets = saved.rstd().elements();
        if (saved.mean() != null) {
            saved.mean().get(slice(statistics.mean(), firstSet, sets));
            saved.meanLo().get(slice(statistics.meanLo(), firstSet, sets));
        }
        saved.rstd().get(slice(statistics.rstd(), firstSet, sets));
    }

    private double eps() {
        return Reals.of(type, "eps", spec.eps(type));
    }

    /**
     * dγ and dβ of the whole tensor, each null if there is no such parameter. All shards must have been added. The device of the
     * first one computes the blocks that no device has alone, and merges.
     */
    double[][] merged() {
        if (table == null) {
            return new double[][] {zeros(layer.weight()), zeros(layer.bias())};
        }
        Backend backend = input.shards().get(0).tensor().backend();
        for (ShardBlocks.Range range : blocks.cut()) {
            addCut(backend, range);
        }
        ElementType real = type.accumulator();
        HostValues weight = ofWeight ? HostValues.of(real, whole.parameters()) : null;
        HostValues bias = ofBias ? HostValues.of(real, whole.parameters()) : null;
        table.merge(backend.session(), weight, bias);
        return new double[][] {HostValues.doubles(weight), HostValues.doubles(bias)};
    }

    private void addCut(Backend backend, ShardBlocks.Range range) {
        StreamDevices device = StreamDevices.of(backend.session());
        long most = Math.min(MOST_BYTES, FleetRequest.mostBytes(backend.device())) / type.bytes();
        new RowSums(device, table.problem(), affine(), eps(), Math.max(Cut.BLOCK, most))
                .add(
                        range.first(),
                        range.count(),
                        new BackwardTensors(
                                new ShardSource(input, elementsOfIndex()),
                                null,
                                new ShardSource(gradOutput, elementsOfIndex()),
                                null),
                        statistics,
                        table);
    }

    private long elementsOfIndex() {
        return whole.elements() / input.shape()[0];
    }

    private Affine affine() {
        return new Affine(values(layer.weight()), values(layer.bias()));
    }

    private static HostValues values(Tensor parameter) {
        return parameter == null ? null : HostValues.of(parameter.type(), parameter.toDoubles());
    }

    private static double[] zeros(Tensor parameter) {
        return parameter == null ? null : new double[Math.toIntExact(parameter.elements())];
    }
}
