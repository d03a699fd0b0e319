package io.github.clnorm;

import io.github.clnorm.internal.fleet.ParameterSums;
import io.github.clnorm.internal.geometry.BackwardProblem;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.Section;
import io.github.clnorm.internal.geometry.Sets;
import io.github.clnorm.internal.geometry.Shapes;
import io.github.clnorm.internal.geometry.Statistics;
import io.github.clnorm.internal.runtime.BackwardBuffers;
import io.github.clnorm.internal.runtime.Reals;
import io.github.clnorm.internal.stream.HostValues;
import io.github.clnorm.internal.stream.ParameterTable;
import io.github.clnorm.type.ElementType;
import java.util.Arrays;
import java.util.List;

/**
 * The gradients of the parameters of a sharded tensor. The sums of blocks of all shards are merged as those of one tensor, if
 * no block is cut in two; else the gradients of the shards are added. For one backward pass of one thread.
 */
final class ShardSums {

    private final NormSpec spec;
    private final Sets sets;
    private final ElementType type;
    private final Geometry whole;
    private final long ofIndex;
    private final boolean wholeBlocks;
    private ParameterTable table;
    private final boolean ofWeight;
    private final boolean ofBias;

    /** Without sums. */
    ShardSums(NormSpec spec, ShardedTensor input, Layer layer) {
        this.ofWeight = layer.weight() != null;
        this.ofBias = layer.bias() != null;
        this.spec = spec;
        this.sets = spec.sets();
        this.type = input.type();
        this.whole = sets.geometry(input.shape());
        this.ofIndex = Shapes.elements(input.shape()) / Math.max(1, input.shape()[0]);
        this.wholeBlocks = whole.elements() > 0
                && input.shards().stream()
                        .allMatch(shard -> ParameterTable.isBlockBoundary(whole, shard.from() * ofIndex));
    }

    /** Adds the blocks of a shard. */
    void add(Layer layer, SavedPass pass, ShardedTensor.Shard gradOutput) {
        if (!wholeBlocks || !ofWeight && !ofBias) {
            return;
        }
        Tensor parameter = ofWeight ? layer.weight() : layer.bias();
        if (table == null) {
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
        }
        boolean given = sets.statistics() == Statistics.GIVEN;
        ChannelState state = layer.channelState();
        Saved saved = pass.statistics();
        Section section =
                Section.ofElements(whole, gradOutput.from() * ofIndex, (gradOutput.to() - gradOutput.from()) * ofIndex);
        table.add(
                gradOutput.tensor().backend().session(),
                section,
                new BackwardBuffers(
                        pass.input().buffer(),
                        null,
                        gradOutput.tensor().buffer(),
                        Pass.buffer(layer.weight()),
                        Pass.buffer(layer.bias()),
                        Pass.buffer(given ? state.runningMean() : saved.mean()),
                        given ? null : Pass.buffer(saved.meanLo()),
                        Pass.buffer(given ? state.runningVar() : saved.rstd()),
                        null,
                        null,
                        null),
                Reals.of(type, "eps", spec.eps(type)));
    }

    /** Whether the gradients of the weight are those of the shards. */
    boolean weightOfShards() {
        return !wholeBlocks && ofWeight;
    }

    /** Whether the gradients of the bias are those of the shards. */
    boolean biasOfShards() {
        return !wholeBlocks && ofBias;
    }

    /**
     * dγ and dβ of the whole tensor, each null if there is no such parameter.
     *
     * @param backend that merges the sums
     * @param ofShards the gradients of the shards, in their order
     */
    double[][] merged(Backend backend, Gradients... ofShards) {
        if (!wholeBlocks) {
            return new double[][] {
                sum(Arrays.stream(ofShards).map(Gradients::weight).toList()),
                sum(Arrays.stream(ofShards).map(Gradients::bias).toList())
            };
        }
        if (table == null) {
            return new double[2][];
        }
        ElementType real = type.accumulator();
        HostValues weight = ofWeight ? HostValues.of(real, whole.parameters()) : null;
        HostValues bias = ofBias ? HostValues.of(real, whole.parameters()) : null;
        table.merge(backend.session(), weight, bias);
        return new double[][] {HostValues.doubles(weight), HostValues.doubles(bias)};
    }

    private static double[] sum(List<Tensor> ofShards) {
        return ofShards.isEmpty() || ofShards.contains(null)
                ? null
                : ParameterSums.IN_ORDER.sum(
                        ofShards.stream().map(Tensor::toDoubles).toList());
    }
}
