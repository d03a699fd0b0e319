package io.github.clnorm.internal.plan;

import static io.github.clnorm.internal.geometry.Divide.ceil;

import io.github.clnorm.internal.geometry.BackwardProblem;
import io.github.clnorm.internal.geometry.Columns;
import io.github.clnorm.internal.geometry.Cut;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.Problem;
import io.github.clnorm.internal.model.LaunchDemand;
import io.github.clnorm.internal.model.LaunchDemand.Chain;
import io.github.clnorm.internal.model.LaunchDemand.Traffic;
import java.util.Collections;
import java.util.List;

/** What the launches of both passes ask of a GPU: the parts that they share. */
final class LaunchWork {

    final Plan plan;
    final Problem problem;
    final Geometry geometry;

    private final boolean nvidia;

    LaunchWork(Plan plan, Problem problem, boolean nvidia) {
        this.nvidia = nvidia;
        this.plan = plan;
        this.problem = problem;
        this.geometry = problem.geometry();
    }

    /** Launches of all sets as the launches of a plan's turns, of equal shares. */
    static List<LaunchDemand> inTurns(List<LaunchDemand> launches, SplitPlan split) {
        List<LaunchDemand> ofTurn =
                launches.stream().map(launch -> launch.share(split.turns())).toList();
        return Collections.nCopies(split.turns(), ofTurn).stream()
                .flatMap(List::stream)
                .toList();
    }

    /** Bytes of one tensor. */
    double tensor() {
        return (double) geometry.elements() * problem.type().bytes();
    }

    /** Tensors that a read of the input takes: x and a residual, and dy in a backward pass. */
    int inputs() {
        return (problem instanceof BackwardProblem ? 2 : 1) + (problem.residual() ? 1 : 0);
    }

    /** A launch whose work-groups share out the elements of the tensor. */
    LaunchDemand of(KernelCosts costs, long groups, long local, Traffic traffic, Chain chain, double serial) {
        double instructions =
                costs.perElement(plan, problem) * geometry.elements() / groups + serial * plan.workGroupSize();
        return new LaunchDemand(costs.kernel(), groups, group(costs, local), traffic, chain, instructions);
    }

    private LaunchDemand.Group group(KernelCosts costs, long local) {
        return new LaunchDemand.Group(
                plan.workGroupSize(), costs.registers(plan.vectorWidth(), problem, nvidia), local);
    }

    /** A launch whose work-groups of one team merge sums. */
    LaunchDemand merging(KernelCosts costs, long groups, Chain merge, double bytesOfGroup) {
        int items = mergers();
        int width = mergeWidth();
        long local = 2L * items * width * problem.real().bytes();
        double hitsAtOnce = bytesOfGroup / Math.max(1, merge.hits());
        return new LaunchDemand(
                costs.kernel(),
                groups,
                new LaunchDemand.Group(items, costs.registers(width, problem, nvidia), local),
                new Traffic(0, bytesOfGroup * groups, bytesOfGroup * groups, true, 0, hitsAtOnce),
                merge,
                merge.instructions() * items);
    }

    /** Work-items of a merge in a launch of its own: one for each lane, if work-groups are that large. */
    int mergers() {
        return plan.workGroupSize() >= Cut.LANES ? Cut.LANES : plan.team();
    }

    /** Elements of a vector load of a merge in a launch of its own. */
    int mergeWidth() {
        return plan.workGroupSize() >= Cut.LANES ? 1 : plan.vectorWidth();
    }

    /** Bytes in flight of {@code items} work-items, each with {@code elements} elements to load. */
    double inFlight(long items, double elements, int tensors) {
        double atOnce = Math.min(elements, (double) KernelCosts.loads(problem) * plan.vectorWidth());
        return items * atOnce * tensors * problem.type().bytes();
    }

    /** Bytes in flight of whole sets: all that registers will hold, else some loads. */
    double inFlightOfSets(long items, double elements, int tensors) {
        return registers()
                ? items
                        * Math.min(elements, KernelCosts.HELD_IN_REGISTERS)
                        * tensors
                        * problem.type().bytes()
                : inFlight(items, elements, tensors);
    }

    /** How often {@code items} work-items wait for memory while they load {@code elements} elements. */
    double waits(double elements, long items) {
        return Math.ceil(elements / ((double) items * plan.vectorWidth() * KernelCosts.loads(problem)));
    }

    /** The sums of blocks that a team takes one after another; `held` blocks are in local memory. */
    Chain blocks(long count, long elements, boolean held) {
        double loads = registers() ? 1 : held ? 0 : waits(elements, plan.team());
        double ofElements = (double) elements / plan.team();
        return new Chain(loads, 0, 0, KernelCosts.FOLD_BARRIERS, KernelCosts.OF_BLOCK + ofElements).times(count);
    }

    /** Whether work-items hold the elements that they sum. */
    boolean registers() {
        return plan instanceof WholeSetsPlan whole && whole.secondRead() == SecondRead.REGISTERS;
    }

    /** Shares of columns that a team takes one after another, with a read of some rows before. */
    Chain shares(long count, Geometry seen, int pivotRows) {
        long rows =
                Math.min(Columns.TILE_ROWS, ceil(seen.rows(), Columns.of(seen).shortRows()));
        double waits = Math.ceil((double) rows / KernelCosts.loads(problem))
                + Math.ceil((double) Math.min(rows, pivotRows) / KernelCosts.loads(problem));
        double strip = Math.min(Shares.stripColumns(plan), Columns.of(seen).columns());
        double vectors = Math.ceil(strip / ((double) plan.team() * plan.vectorWidth()));
        return new Chain(waits, 0, 0, 0, rows * vectors * plan.vectorWidth()).times(count);
    }

    /** Bytes in flight of a work-group whose teams take {@code shares} shares; a share has a strip, or all columns if fewer. */
    double inFlightOfShares(long shares, int columns, int tensors) {
        long busy = Math.min(shares, plan.teams());
        long strip = Math.min(Shares.stripColumns(plan), columns);
        return (double) busy
                * strip
                * KernelCosts.loads(problem)
                * tensors
                * problem.type().bytes();
    }

    /** Elements of a full block along rows. */
    static long elementsOfBlock(Geometry geometry) {
        return Math.min(Cut.BLOCK, geometry.joined().width());
    }
}
