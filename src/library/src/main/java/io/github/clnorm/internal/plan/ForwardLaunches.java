package io.github.clnorm.internal.plan;

import static io.github.clnorm.internal.geometry.Divide.ceil;

import io.github.clnorm.internal.geometry.Columns;
import io.github.clnorm.internal.geometry.Cut;
import io.github.clnorm.internal.geometry.ForwardProblem;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.Statistics;
import io.github.clnorm.internal.model.LaunchDemand;
import io.github.clnorm.internal.model.LaunchDemand.Chain;
import io.github.clnorm.internal.model.LaunchDemand.Traffic;
import java.util.ArrayList;
import java.util.List;

/** What the launches of a forward pass ask of a GPU. */
final class ForwardLaunches {

    // Bytes of a cache line, or of two sectors.
    private static final int LINE = 64;

    private final Plan plan;
    private final ForwardProblem problem;
    private final Geometry geometry;
    private final LaunchWork work;

    private ForwardLaunches(Plan plan, ForwardProblem problem, boolean nvidia) {
        this.plan = plan;
        this.problem = problem;
        this.geometry = problem.geometry();
        this.work = new LaunchWork(plan, problem, nvidia);
    }

    /** The launches of a plan that fits the problem, in order. NVIDIA's compiler assigns fewer registers than others. */
    static List<LaunchDemand> of(Plan plan, ForwardProblem problem, boolean nvidia) {
        return new ForwardLaunches(plan, problem, nvidia).all();
    }

    private List<LaunchDemand> all() {
        if (plan instanceof ResidentPlan resident && geometry.acrossRows()) {
            return List.of(sideBySide(resident));
        }
        if (plan instanceof WholeSetsPlan whole) {
            return List.of(wholeSets(whole));
        }
        SplitPlan split = (SplitPlan) plan;
        List<LaunchDemand> launches = new ArrayList<>();
        if (problem.statistics() != Statistics.GIVEN) {
            launches.add(geometry.momentsAcrossRows() ? momentsOfColumns() : momentsOfBlocks(split));
            if (split.mergeLaunch()) {
                launches.add(momentsOfSets());
            }
        }
        launches.add(geometry.affineAcrossRows() ? affineColumns() : affine(split));
        return LaunchWork.inTurns(launches, split);
    }

    private double read() {
        return work.tensor() * work.inputs();
    }

    private double written() {
        return work.tensor() * (problem.sum() ? 2 : 1);
    }

    private LaunchDemand wholeSets(WholeSetsPlan whole) {
        int blocks = Cut.of(geometry).blocks();
        int teamsOfSet = whole instanceof PackedPlan ? 1 : plan.teams();
        boolean local = whole.secondRead() == SecondRead.LOCAL;
        boolean global = whole.secondRead() == SecondRead.GLOBAL;
        double waits = work.waits(geometry.setSize(), plan.members());
        Chain merge = KernelCosts.mergeOfMoments(blocks, plan.team(), plan.vectorWidth(), true);
        Chain set = new Chain(local ? waits : 0, global ? waits : 0, 0, local ? 3 : 2, 0)
                .then(work.blocks(ceil(blocks, teamsOfSet), LaunchWork.elementsOfBlock(geometry), local))
                .then(merge)
                .then(new Chain(0, 0, 0, 0, (double) geometry.setSize() / plan.members()));
        long busy = (long) Math.min(blocks, teamsOfSet) * plan.team() * whole.setsAtATime();
        long members = local ? plan.workGroupSize() : busy;
        double perItem = (double) geometry.setSize() * whole.setsAtATime() / members;
        double inFlight = work.inFlightOfSets(members, perItem, work.inputs());
        double span = (double) geometry.setSize()
                * whole.setsAtATime()
                * problem.type().bytes()
                * work.inputs();
        return work.of(
                work.registers() ? KernelCosts.RESIDENT_REGISTERS : KernelCosts.RESIDENT,
                ceil(geometry.sets(), (long) whole.setsAtATime() * whole.setsInTurn()),
                LocalMemory.bytes(plan, problem),
                new Traffic(read(), global ? read() : 0, span, false, written(), inFlight),
                set.times(whole.setsInTurn()),
                whole.setsInTurn() * (ceil(blocks, teamsOfSet) * KernelCosts.OF_BLOCK + merge.instructions()));
    }

    private LaunchDemand sideBySide(ResidentPlan resident) {
        Columns columns = Columns.of(geometry);
        SideBySide parts = SideBySide.of(resident, geometry);
        long shares = (long) parts.strips() * columns.tiles();
        long ofTeam = ceil(shares, plan.teams());
        long setsOfTeam = ceil(parts.sets(), plan.teams());
        Chain second = work.shares(ofTeam, geometry, 0);
        Chain merge = KernelCosts.mergeOfMoments(Cut.of(geometry).blocks(), plan.team(), plan.vectorWidth(), false);
        Chain chain = work.shares(ofTeam, geometry, KernelConstants.PIVOT_ROWS)
                .then(merge.times(setsOfTeam))
                .then(new Chain(0, second.loads(), 0, 1, second.instructions()));
        double span =
                (double) parts.sets() * geometry.setSize() * problem.type().bytes() * work.inputs();
        // Work-groups that take a part of a cache line each read all of it.
        double lines =
                Math.max(1, (double) LINE / (parts.columns() * problem.type().bytes()));
        return work.of(
                KernelCosts.RESIDENT_COLUMNS,
                geometry.samples() * parts.parts(),
                LocalMemory.bytes(plan, problem),
                new Traffic(
                        read() * lines,
                        read(),
                        span,
                        false,
                        written(),
                        work.inFlightOfShares(shares, parts.columns(), work.inputs())),
                chain,
                merge.instructions() * setsOfTeam);
    }

    private LaunchDemand momentsOfBlocks(SplitPlan split) {
        int blocks = Cut.of(geometry).blocks();
        int perPart = Math.min(split.blocksPerPart(), blocks);
        long elements = LaunchWork.elementsOfBlock(geometry);
        long ofTeam = ceil(perPart, plan.teams());
        long busy = (long) Math.min(perPart, plan.teams()) * plan.team();
        double inFlight = work.inFlight(busy, (double) elements / plan.team(), work.inputs());
        return work.of(
                KernelCosts.MOMENTS_OF_BLOCKS,
                geometry.sets() * ceil(blocks, perPart),
                LocalMemory.bytes(plan, problem),
                new Traffic(read(), 0, 0, true, 0, inFlight),
                work.blocks(ofTeam, elements, false),
                ofTeam * KernelCosts.OF_BLOCK);
    }

    private LaunchDemand momentsOfColumns() {
        Shares shares = Shares.of(plan, Columns.of(geometry));
        double inFlight =
                work.inFlightOfShares(shares.perPart(), Columns.of(geometry).columns(), work.inputs());
        return work.of(
                KernelCosts.MOMENTS_OF_COLUMNS,
                geometry.samples() * shares.parts(),
                0,
                new Traffic(read(), 0, 0, true, 0, inFlight),
                work.shares(ceil(shares.perPart(), plan.teams()), geometry, KernelConstants.PIVOT_ROWS),
                0);
    }

    private LaunchDemand momentsOfSets() {
        int blocks = Cut.of(geometry).blocks();
        Chain merge = KernelCosts.mergeOfMoments(blocks, work.mergers(), work.mergeWidth(), false);
        double bytes = 4.0 * blocks * problem.real().bytes();
        return work.merging(KernelCosts.MOMENTS_OF_SETS, geometry.sets(), merge, bytes);
    }

    private LaunchDemand affine(SplitPlan split) {
        long pieces = geometry.rows() * Cut.piecesPerRow(geometry);
        long perPart = Math.min(split.blocksPerPart(), pieces);
        double elements = (double) geometry.setSize() * perPart / pieces;
        boolean given = problem.statistics() == Statistics.GIVEN;
        boolean merges = !given && !split.mergeLaunch();
        Chain merge = merges
                ? KernelCosts.mergeOfMoments(Cut.of(geometry).blocks(), plan.team(), plan.vectorWidth(), false)
                : KernelCosts.NOTHING;
        double waits = work.waits(elements, plan.workGroupSize());
        Chain chain =
                merge.then(new Chain(given ? waits : 0, given ? 0 : waits, 1, 0, elements / plan.workGroupSize()));
        double inFlight = work.inFlight(plan.workGroupSize(), elements / plan.workGroupSize(), work.inputs());
        return work.of(
                KernelCosts.AFFINE,
                geometry.sets() * ceil(pieces, perPart),
                merges ? LocalMemory.bytes(plan, problem) : 0,
                second(given, inFlight),
                chain,
                merge.instructions());
    }

    private LaunchDemand affineColumns() {
        Shares shares = Shares.of(plan, Columns.of(geometry));
        boolean given = problem.statistics() == Statistics.GIVEN;
        Chain all = work.shares(ceil(shares.perPart(), plan.teams()), geometry, 0);
        Chain chain = new Chain(given ? all.loads() : 0, given ? 0 : all.loads(), 2, 0, all.instructions());
        return work.of(
                KernelCosts.AFFINE_COLUMNS,
                geometry.samples() * shares.parts(),
                0,
                second(
                        given,
                        work.inFlightOfShares(
                                shares.perPart(), Columns.of(geometry).columns(), work.inputs())),
                chain,
                0);
    }

    /** The read that writes the results: the first one if statistics are given. */
    private Traffic second(boolean given, double inFlight) {
        return new Traffic(given ? read() : 0, given ? 0 : read(), read(), true, written(), inFlight);
    }
}
