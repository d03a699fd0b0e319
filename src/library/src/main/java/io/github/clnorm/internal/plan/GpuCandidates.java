package io.github.clnorm.internal.plan;

import static io.github.clnorm.internal.geometry.Divide.ceil;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.driver.Quirks;
import io.github.clnorm.internal.geometry.BackwardProblem;
import io.github.clnorm.internal.geometry.Columns;
import io.github.clnorm.internal.geometry.Cut;
import io.github.clnorm.internal.geometry.ForwardProblem;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.GradientCut;
import io.github.clnorm.internal.geometry.GradientCut.Order;
import io.github.clnorm.internal.geometry.Problem;
import io.github.clnorm.internal.geometry.Statistics;
import io.github.clnorm.internal.model.Capacity;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The plans among which the model chooses for a problem on a GPU, each with the reason that would speak for it. */
final class GpuCandidates {

    // With fewer work-items, launching a work-group costs more than it does.
    private static final int LEAST_WORK_GROUP = 64;
    private static final int MOST_WORK_GROUP = 1024;
    // Work-groups for each unit that split plans have. The last ones balance a large tensor.
    private static final int[] PARTS_PER_UNIT = {1, 2, 4, 8, 16, 32};
    // With more blocks, merging them in every work-group costs more than a launch.
    private static final int MOST_MERGED_BLOCKS = 64;
    // What a turn reads takes this share of the cache at most, since its writes pass the cache too.
    private static final double TURN = 0.5;
    private static final int MOST_TURNS = 64;
    private static final int MOST_SETS = 1 << 20;
    private static final int MOST_PART_BLOCKS = 1 << 20;
    // A single work-item that merges very many blocks loads them in vectors.
    private static final int MERGING_VECTOR = 16;

    private static final String SET_A_TEAM = "sets are small: one for each team of a work-group";
    private static final String SET_A_GROUP = "one launch: a work-group takes a whole set";
    private static final String SIDE_BY_SIDE = "one launch: a work-group takes sets of a sample side by side";
    private static final String SHARED = "work-groups share each set: there are too few of them, or they are too large";
    private static final String IN_TURNS =
            "the tensor is larger than the cache: each share of its sets passes all launches before the next one";
    private static final String ACROSS = "sets lie across rows: work-groups share the rows of each sample";
    private static final String GIVEN = "statistics are given: work-groups share the elements of each set";
    private static final String GROUPS =
            "one launch for all gradients: work-groups take groups of channels in all samples";
    private static final String TILES = "every element has its own parameters: one read sums all gradients";
    private static final String TRIPS = "larger parts would exceed the loop limit of a work-item";

    private final Problem problem;
    private final Geometry geometry;
    private final long units;
    private final List<Integer> turns;
    private final List<Integer> sizes;
    private final List<Integer> widths;
    private final boolean holdsVectors;
    private final List<Choice> choices = new ArrayList<>();

    GpuCandidates(Problem problem, DeviceInfo device, Capacity capacity, long largestWorkGroup) {
        this.problem = problem;
        this.geometry = problem.geometry();
        this.units = capacity.units().count();
        this.turns = turns(TURN * capacity.memory().cacheBytes());
        this.sizes = sizes(Math.min(largestWorkGroup, device.maxWorkGroupSize()));
        this.widths = Quirks.vectorWidths(device).stream()
                .filter(width -> width != 2 && suits(width))
                .toList();
        this.holdsVectors = Quirks.holdsVectorsInRegisters(device);
    }

    private static List<Integer> sizes(long most) {
        List<Integer> sizes = new ArrayList<>();
        for (int size = LEAST_WORK_GROUP; size <= Math.min(MOST_WORK_GROUP, most); size *= 2) {
            sizes.add(size);
        }
        return sizes.isEmpty() ? List.of((int) Long.highestOneBit(Math.max(1, most))) : sizes;
    }

    /** One turn, and the least number of equal turns whose reads fit in some bytes. */
    private List<Integer> turns(double bytes) {
        long most = Turns.most(problem);
        long tensors = (problem instanceof BackwardProblem ? 2 : 1) + (problem.residual() ? 1 : 0);
        double read = (double) geometry.elements() * problem.type().bytes() * tensors;
        long number = Math.max(1, (long) Math.ceil(read / bytes));
        while (number <= Math.min(most, MOST_TURNS) && most % number != 0) {
            number++;
        }
        return number == 1 || number > Math.min(most, MOST_TURNS) ? List.of(1) : List.of(1, (int) number);
    }

    /** Whether vectors are not wider than what lies together. */
    private boolean suits(int width) {
        boolean across = problem instanceof BackwardProblem
                ? GradientCut.of(geometry).order() == Order.COLUMNS
                : !geometry.alongRows();
        if (across) {
            return geometry.rows() == 1 || Columns.of(geometry).columns() % width == 0;
        }
        return geometry.run() == 1 || geometry.run() >= width;
    }

    /** The candidates, at least one, in no order. */
    List<Choice> all() {
        for (int size : sizes) {
            for (int width : widths) {
                if (problem instanceof ForwardProblem forward) {
                    addForward(forward, size, width);
                } else {
                    addBackward((BackwardProblem) problem, size, width);
                }
            }
        }
        return taken();
    }

    /** Candidates with smaller and smaller parts, for problems in which all others exceed the limits of a work-item. */
    List<Choice> smallParts() {
        int size = sizes.get(0);
        boolean merge = problem instanceof ForwardProblem;
        for (int blocks = MOST_PART_BLOCKS; blocks >= 1; blocks /= 2) {
            for (int width : widths) {
                add(Plan.split(size, width, blocks).withMergeLaunch(merge), TRIPS);
            }
        }
        for (int blocks = MOST_PART_BLOCKS; blocks >= 1; blocks /= 2) {
            add(Plan.split(1, merge ? 1 : MERGING_VECTOR, blocks).withMergeLaunch(merge), TRIPS);
        }
        return taken();
    }

    private List<Choice> taken() {
        List<Choice> taken = List.copyOf(choices);
        choices.clear();
        return taken;
    }

    private void add(Plan plan, String reason) {
        choices.add(new Choice(plan, reason));
    }

    private void addForward(ForwardProblem forward, int size, int width) {
        boolean given = forward.statistics() == Statistics.GIVEN;
        if (!given && geometry.alongRows()) {
            addWholeSets(size, width, false, SET_A_GROUP);
        }
        if (!given && geometry.acrossRows()) {
            for (long sets = Math.min(MOST_SETS, geometry.groups()); sets >= 1; sets /= 2) {
                add(Plan.residentAcross(size, width, (int) sets), SIDE_BY_SIDE);
            }
        }
        boolean along = geometry.alongRows();
        boolean merges = !given && Cut.of(geometry).blocks() > MOST_MERGED_BLOCKS;
        String reason = given ? GIVEN : along ? SHARED : ACROSS;
        for (SplitPlan split : splits(size, width, along)) {
            String why = split.turns() > 1 ? IN_TURNS : reason;
            if (!along || !given) {
                add(split.withMergeLaunch(true), why);
            }
            if (along && !merges) {
                add(split, why);
            }
        }
    }

    private void addBackward(BackwardProblem backward, int size, int width) {
        Order order = GradientCut.of(geometry).order();
        boolean across = order == Order.COLUMNS;
        if (backward.setSums() && !across) {
            addWholeSets(size, width, true, SET_A_GROUP);
            if (order == Order.RUNS && backward.parameters()) {
                addWholeSets(size, width, false, GROUPS);
            }
            TiledPlan tiled = Plan.tiled(Math.min(size, Cut.LANES / width), width);
            if (order == Order.EACH && backward.parameters() && size == sizes.get(0)) {
                add(tiled, TILES);
            }
        }
        for (SplitPlan split : splits(size, width, !across)) {
            add(split, split.turns() > 1 ? IN_TURNS : across ? ACROSS : SHARED);
        }
    }

    private void addWholeSets(int size, int width, boolean parameterLaunch, String reason) {
        ResidentPlan resident = Plan.resident(size, width).withParameterLaunch(parameterLaunch);
        PackedPlan packed = Plan.packed(size, width, 1).withParameterLaunch(parameterLaunch);
        for (SecondRead from : SecondRead.values()) {
            if (from == SecondRead.REGISTERS && width > 1 && !holdsVectors) {
                continue;
            }
            add(resident.withSecondRead(from), reason);
            if (packed.teams() > 1) {
                add(packed.withSecondRead(from), SET_A_TEAM);
            }
        }
    }

    /** Split plans whose parts give some work-groups of a turn for each unit, rounded up so that no team idles. */
    private Set<SplitPlan> splits(int size, int width, boolean along) {
        Set<SplitPlan> splits = new LinkedHashSet<>();
        int teams = Plan.split(size, width, 1).teams();
        long divided = along ? geometry.sets() : geometry.samples();
        long blocks = ceil(geometry.elements() / divided, Cut.BLOCK);
        for (int number : turns) {
            for (int perUnit : PARTS_PER_UNIT) {
                long parts = Math.max(1, ceil(perUnit * units * number, divided));
                long perPart = ceil(ceil(blocks, parts), teams) * teams;
                int part = (int) Math.max(1, Math.min(MOST_PART_BLOCKS, Math.min(perPart, blocks)));
                splits.add(Plan.split(size, width, part).withTurns(number));
            }
        }
        return splits;
    }
}
