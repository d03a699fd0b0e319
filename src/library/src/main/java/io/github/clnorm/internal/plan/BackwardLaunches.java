package io.github.clnorm.internal.plan;

import static io.github.clnorm.internal.geometry.Divide.ceil;

import io.github.clnorm.internal.geometry.BackwardProblem;
import io.github.clnorm.internal.geometry.Columns;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.GradientCut;
import io.github.clnorm.internal.geometry.GradientCut.Order;
import io.github.clnorm.internal.model.LaunchDemand;
import io.github.clnorm.internal.model.LaunchDemand.Chain;
import io.github.clnorm.internal.model.LaunchDemand.Traffic;
import java.util.ArrayList;
import java.util.List;

/** What the launches of a backward pass ask of a GPU. */
final class BackwardLaunches {

    private final Plan plan;
    private final BackwardProblem problem;
    private final Geometry geometry;
    private final GradientCut cut;
    private final LaunchWork work;

    private BackwardLaunches(Plan plan, BackwardProblem problem, boolean nvidia) {
        this.plan = plan;
        this.problem = problem;
        this.geometry = problem.geometry();
        this.cut = GradientCut.of(geometry);
        this.work = new LaunchWork(plan, problem, nvidia);
    }

    /** The launches of a plan that fits the problem, in order. NVIDIA's compiler assigns fewer registers than others. */
    static List<LaunchDemand> of(Plan plan, BackwardProblem problem, boolean nvidia) {
        return new BackwardLaunches(plan, problem, nvidia).all();
    }

    private List<LaunchDemand> all() {
        List<LaunchDemand> launches = new ArrayList<>();
        boolean each = cut.order() == Order.EACH;
        boolean ofSets = problem.parameters() && !each;
        if (plan instanceof TiledPlan) {
            launches.add(tiles());
            launches.add(ofParametersAcrossSamples());
            return launches;
        }
        boolean read = each && problem.parameters();
        if (read) {
            Geometry across = GradientCut.acrossSamples(geometry);
            launches.add(columns(KernelCosts.GRADIENT_SUMS_OF_COLUMNS, across, false, false));
            launches.add(ofParametersAcrossSamples());
        }
        if (plan instanceof SplitPlan split) {
            addSplit(launches, split, ofSets, read);
        } else {
            launches.add(wholeSets((WholeSetsPlan) plan, read));
            if (ofSets && !ParameterMerge.inWorkGroups(plan, problem)) {
                launches.add(ofParameters(geometry, cut));
            }
        }
        return launches;
    }

    private void addSplit(List<LaunchDemand> launches, SplitPlan split, boolean ofSets, boolean readBefore) {
        boolean columns = cut.order() == Order.COLUMNS;
        // A launch before the turns read the whole tensor, which is larger than the cache if there are several turns.
        boolean read = readBefore && split.turns() == 1;
        List<LaunchDemand> inTurns = new ArrayList<>();
        if (problem.setSums() || ofSets) {
            inTurns.add(
                    columns
                            ? columns(KernelCosts.GRADIENT_SUMS_OF_COLUMNS, geometry, read, false)
                            : blocks(KernelCosts.GRADIENT_SUMS, split, read, false));
            read = true;
        }
        if (problem.setSums()) {
            inTurns.add(ofSets());
        }
        if (problem.input()) {
            inTurns.add(
                    columns
                            ? columns(KernelCosts.INPUT_GRADIENT_OF_COLUMNS, geometry, read, true)
                            : blocks(KernelCosts.INPUT_GRADIENT, split, read, true));
        }
        launches.addAll(LaunchWork.inTurns(inTurns, split));
        if (ofSets) {
            launches.add(ofParameters(geometry, cut));
        }
    }

    private double read() {
        return work.tensor() * work.inputs();
    }

    /** One read of x and dy, the first or a later one, and perhaps a write of dx. */
    private Traffic traffic(boolean again, boolean writes, double inFlight) {
        return new Traffic(again ? 0 : read(), again ? read() : 0, read(), true, writes ? work.tensor() : 0, inFlight);
    }

    private static Chain later(Chain chain, boolean again) {
        return again
                ? new Chain(0, chain.loads() + chain.reloads(), chain.hits(), chain.barriers(), chain.instructions())
                : chain;
    }

    private LaunchDemand columns(KernelCosts costs, Geometry seen, boolean again, boolean writes) {
        Shares shares = Shares.of(plan, Columns.of(seen));
        Chain chain = work.shares(ceil(shares.perPart(), plan.teams()), seen, 0);
        double inFlight =
                work.inFlightOfShares(shares.perPart(), Columns.of(seen).columns(), work.inputs());
        return work.of(
                costs, seen.samples() * shares.parts(), 0, traffic(again, writes, inFlight), later(chain, again), 0);
    }

    private LaunchDemand blocks(KernelCosts costs, SplitPlan split, boolean again, boolean writes) {
        int perPart = split.blocksPerPart(problem);
        long elements = cut.elementsOfBlock(geometry);
        long ofTeam = ceil(perPart, plan.teams());
        long busy = (long) Math.min(perPart, plan.teams()) * plan.team();
        Chain block = work.blocks(ofTeam, elements, false);
        Chain chain = writes ? new Chain(block.loads(), 0, ofTeam, 0, block.instructions()) : block;
        double inFlight = work.inFlight(busy, (double) elements / plan.team(), work.inputs());
        return work.of(
                costs,
                geometry.sets() * ceil(cut.blocks(), perPart),
                writes ? 0 : LocalMemory.bytes(plan, problem),
                traffic(again, writes, inFlight),
                later(chain, again),
                writes ? 0 : ofTeam * KernelCosts.OF_BLOCK);
    }

    private LaunchDemand ofSets() {
        Chain merge = KernelCosts.mergeOfSums(cut.blocks(), work.mergers(), work.mergeWidth(), false);
        double bytes = 2.0 * cut.blocks() * problem.real().bytes();
        return work.merging(KernelCosts.GRADIENT_OF_SETS, geometry.sets(), merge, bytes);
    }

    private LaunchDemand ofParametersAcrossSamples() {
        return ofParameters(GradientCut.acrossSamples(geometry), GradientCut.ofColumns(geometry));
    }

    private LaunchDemand ofParameters(Geometry seen, GradientCut of) {
        long sums = seen.sets() / seen.owners() * (of.blocks() / of.runs());
        Chain merge = KernelCosts.mergeOfSums(sums, work.mergers(), work.mergeWidth(), false);
        return work.merging(
                KernelCosts.GRADIENT_OF_PARAMETERS,
                seen.owners() * of.runs(),
                merge,
                2.0 * sums * problem.real().bytes());
    }

    private LaunchDemand wholeSets(WholeSetsPlan whole, boolean readBefore) {
        boolean withParameters = ParameterMerge.inWorkGroups(plan, problem);
        long rounds = withParameters ? geometry.samples() : 1;
        long blocks = cut.blocks();
        int teamsOfSet = whole instanceof PackedPlan ? 1 : plan.teams();
        long ofTeam = ceil(blocks, teamsOfSet);
        boolean local = whole.secondRead() == SecondRead.LOCAL;
        boolean global = whole.secondRead() == SecondRead.GLOBAL;
        long elements = cut.elementsOfBlock(geometry);
        double waits = work.waits(elements, plan.team()) * ofTeam;
        double copy = work.waits(geometry.setSize(), plan.members());
        Chain merge = KernelCosts.mergeOfSums(blocks, plan.team(), plan.vectorWidth(), false);
        Chain set = new Chain(local ? copy : 0, global ? waits : 0, 0, local ? 3 : 2, 0)
                .then(work.blocks(ofTeam, elements, local))
                .then(merge)
                .then(new Chain(0, 0, 0, 0, (double) ofTeam * elements / plan.team()));
        Chain chain = later(set, readBefore).times((double) whole.setsInTurn() * rounds);
        double serial = (ofTeam * KernelCosts.OF_BLOCK + merge.instructions()) * whole.setsInTurn() * rounds;
        if (withParameters) {
            long parameters = (long) whole.setsAtATime() * whole.setsInTurn() * cut.runs();
            Chain ofParameter = KernelCosts.mergeOfSums(
                    geometry.samples() * (blocks / cut.runs()), plan.team(), plan.vectorWidth(), false);
            Chain own = ofParameter.times(ceil(parameters, plan.teams()));
            chain = chain.then(own);
            serial += own.instructions();
        }
        long busy = Math.min(blocks, teamsOfSet) * plan.team() * whole.setsAtATime();
        long members = local ? plan.workGroupSize() : busy;
        double perItem = (double) geometry.setSize() * whole.setsAtATime() / members;
        double span = (double) geometry.setSize()
                * whole.setsAtATime()
                * problem.type().bytes()
                * work.inputs();
        return work.of(
                work.registers() ? KernelCosts.GRADIENT_REGISTERS : KernelCosts.GRADIENT_RESIDENT,
                ceil(geometry.sets() / rounds, (long) whole.setsAtATime() * whole.setsInTurn()),
                LocalMemory.bytes(plan, problem),
                ofWholeSets(global, readBefore, span, work.inFlightOfSets(members, perItem, work.inputs())),
                chain,
                serial);
    }

    /** A first read that another launch made before counts as a read from memory unless the whole tensor is cached. */
    private Traffic ofWholeSets(boolean global, boolean readBefore, double span, double inFlight) {
        if (readBefore) {
            return new Traffic(0, global ? 2 * read() : read(), read(), true, work.tensor(), inFlight);
        }
        return new Traffic(read(), global ? read() : 0, span, false, work.tensor(), inFlight);
    }

    private LaunchDemand tiles() {
        long width = geometry.width();
        long samples =
                Math.min(Columns.TILE_ROWS, GradientCut.acrossSamples(geometry).rows());
        Chain merge = KernelCosts.mergeOfSums(cut.blocks(), plan.team(), plan.vectorWidth(), true);
        double again = work.waits(width, plan.team());
        Chain sample = work.blocks(cut.blocks(), cut.elementsOfBlock(geometry), false)
                .then(merge)
                .then(new Chain(0, again, 0, 2, (double) width / plan.team()));
        double span = (double) width * problem.type().bytes() * work.inputs();
        double inFlight = work.inFlight(plan.team(), (double) width / plan.team(), work.inputs());
        return work.of(
                KernelCosts.GRADIENT_TILES,
                GradientCut.tiles(geometry),
                LocalMemory.bytes(plan, problem),
                new Traffic(read(), read(), span, false, work.tensor(), inFlight),
                sample.times(samples),
                samples * (cut.blocks() * KernelCosts.OF_BLOCK + merge.instructions()));
    }
}
