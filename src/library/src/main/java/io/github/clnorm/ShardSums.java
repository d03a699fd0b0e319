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
import java.util.ArrayList;
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
    // The tensor as rows, of which a block has some: samples, or rows of a batch.
    private long rows;
    private long ofRow;
    private long rowsOfBlock;
    // Null without parameters, and for a tensor without elements.
    private ParameterTable table;
    // Of all sets; null if no block is cut.
    private SetStatistics statistics;
    // Rows of whole blocks that no device has alone: the first one and the end.
    private final List<long[]> cut = new ArrayList<>();

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
            divide(sets);
        }
    }

    private void divide(Sets sets) {
        Tensor parameter = ofWeight ? layer.weight() : layer.bias();
        table = new ParameterTable(new BackwardProblem(
                whole, sets.statistics(), type, parameter.type(), spec.activation(), false, true, ofWeight, ofBias));
        rows = whole.samples() == 1 ? whole.rows() : whole.samples();
        ofRow = whole.elements() / rows;
        rowsOfBlock = ParameterTable.rowsOfBlock(whole);
        long done = 0;
        for (ShardedTensor.Shard shard : input.shards()) {
            if (isWhole(shard)) {
                addCut(done, firstWhole(shard));
                done = endOfWhole(shard);
            }
        }
        addCut(done, rows);
        if (!cut.isEmpty()) {
            statistics = SetStatistics.of(type.accumulator(), whole.sets());
        }
    }

    private void addCut(long from, long to) {
        if (from < to) {
            cut.add(new long[] {from, to});
        }
    }

    private long row(long index) {
        return index * (rows / input.shape()[0]);
    }

    /** The first row of the first block that begins in a shard. */
    private long firstWhole(ShardedTensor.Shard shard) {
        return Math.floorDiv(row(shard.from()) + rowsOfBlock - 1, rowsOfBlock) * rowsOfBlock;
    }

    /** The end of the last block that ends in a shard. */
    private long endOfWhole(ShardedTensor.Shard shard) {
        long end = row(shard.to());
        return end == rows ? rows : end / rowsOfBlock * rowsOfBlock;
    }

    /** Whether a shard has whole blocks, which begin where its device can address them. */
    private boolean isWhole(ShardedTensor.Shard shard) {
        Tensor x = shard.tensor();
        long skipped = (firstWhole(shard) - row(shard.from())) * ofRow * type.bytes();
        return firstWhole(shard) < endOfWhole(shard)
                && (skipped == 0
                        || (x.buffer().offset() + skipped)
                                        % x.backend().session().partAlignment()
                                == 0);
    }

    /** Adds the blocks that a shard has as a whole. Blocks until their sums are on the host. */
    void add(Layer own, SavedPass pass, ShardedTensor.Shard ofGradient) {
        if (table == null) {
            return;
        }
        ShardedTensor.Shard shard = input.shardOf(ofGradient.device());
        if (statistics != null) {
            collect(own.channelState(), pass.statistics(), row(shard.from()) * setsOfRow());
        }
        if (isWhole(shard)) {
            long first = firstWhole(shard);
            long count = endOfWhole(shard) - first;
            long skipped = first - row(shard.from());
            try (Tensor x = part(pass.input(), skipped, count);
                    Tensor dy = part(ofGradient.tensor(), skipped, count);
                    Saved values = values(own, pass, first, count)) {
                table.add(
                        x.backend().session(),
                        Section.ofElements(whole, first * ofRow, count * ofRow),
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
        try (Tensor asRows = shard.view(shard.elements() / ofRow, ofRow)) {
            return asRows.slice(first, first + count);
        }
    }

    private boolean given() {
        return spec.sets().statistics() == Statistics.GIVEN;
    }

    private long setsOfRow() {
        return given() ? 0 : whole.sets() / rows;
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
        for (long[] range : cut) {
            addCut(backend, range[0], range[1] - range[0]);
        }
        ElementType real = type.accumulator();
        HostValues weight = ofWeight ? HostValues.of(real, whole.parameters()) : null;
        HostValues bias = ofBias ? HostValues.of(real, whole.parameters()) : null;
        table.merge(backend.session(), weight, bias);
        return new double[][] {HostValues.doubles(weight), HostValues.doubles(bias)};
    }

    private void addCut(Backend backend, long first, long count) {
        StreamDevices device = StreamDevices.of(backend.session());
        long most = Math.min(MOST_BYTES, FleetRequest.mostBytes(backend.device())) / type.bytes();
        new RowSums(device, table.problem(), affine(), eps(), Math.max(Cut.BLOCK, most))
                .add(
                        first,
                        count,
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
