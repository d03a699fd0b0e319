package io.github.clnorm.internal.plan;

import static io.github.clnorm.internal.geometry.Divide.ceil;

import io.github.clnorm.internal.geometry.BackwardProblem;
import io.github.clnorm.internal.geometry.Cut;
import io.github.clnorm.internal.geometry.ForwardProblem;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.GradientCut;
import io.github.clnorm.internal.geometry.GradientCut.Order;
import io.github.clnorm.internal.geometry.Statistics;
import java.util.List;

/** Candidates of the strategy split: the same plan with smaller and smaller parts, on any device. */
final class Splits {

    /** Backward: launching a work-group costs more than it gains if it has fewer blocks. */
    static final int LEAST_BACKWARD_BLOCKS = 8;

    // No work-group takes more blocks. Smaller parts balance better.
    private static final long MOST_PART_BLOCKS = 1 << 20;
    // Forward: with as many blocks, merging them in every work-group costs more than a launch.
    private static final int MERGE_LAUNCH_BLOCKS = 4096;

    private static final String ACROSS = "sets lie across rows: work-groups share the rows of each sample";
    private static final String GIVEN = "statistics are given: work-groups share the elements of each set";
    private static final String PARAMETERS = "only gradients of parameters are wanted: work-groups share each set";
    private static final String SHARED =
            "sets do not fill all compute units evenly, or are too large for one work-group: work-groups share each set";

    private Splits() {}

    /**
     * Adds plans of a forward pass.
     *
     * @param like work-group, vector and stores
     * @param wanted work-groups in all
     * @param least blocks of a part: launching a work-group costs more than it gains if it has fewer
     */
    static void add(List<Choice> choices, SplitPlan like, ForwardProblem problem, long wanted, long least) {
        Geometry geometry = problem.geometry();
        boolean across = !geometry.alongRows();
        boolean launch = across || Cut.of(geometry).blocks() >= MERGE_LAUNCH_BLOCKS;
        String reason = problem.statistics() == Statistics.GIVEN ? GIVEN : across ? ACROSS : SHARED;
        add(choices, like.withMergeLaunch(launch), geometry, across, wanted, least, reason);
    }

    /** Adds plans of a backward pass. */
    static void add(List<Choice> choices, SplitPlan like, BackwardProblem problem, long wanted) {
        boolean across = GradientCut.of(problem.geometry()).order() == Order.COLUMNS;
        String reason = across
                ? ACROSS
                : problem.statistics() == Statistics.GIVEN ? GIVEN : problem.input() ? SHARED : PARAMETERS;
        add(choices, like, problem, wanted, reason);
    }

    /** Adds plans of a backward pass for a reason of their own. */
    static void add(List<Choice> choices, SplitPlan like, BackwardProblem problem, long wanted, String reason) {
        boolean across = GradientCut.of(problem.geometry()).order() == Order.COLUMNS;
        add(choices, like, problem.geometry(), across, wanted, LEAST_BACKWARD_BLOCKS, reason);
    }

    /**
     * Adds plans whose parts have half as many blocks each time, down to one: the rules reject large parts on devices that
     * limit loop trips.
     *
     * @param across whether samples are divided among work-groups, and not sets
     */
    private static void add(
            List<Choice> choices,
            SplitPlan like,
            Geometry geometry,
            boolean across,
            long wanted,
            long least,
            String reason) {
        long divided = across ? geometry.samples() : geometry.sets();
        long blocks = ceil(geometry.elements() / divided, Cut.BLOCK);
        long parts = Math.max(1, ceil(wanted, divided));
        long largest = Math.min(MOST_PART_BLOCKS, Math.max(Math.min(least, blocks), ceil(blocks, parts)));
        for (long perPart = largest; perPart >= 1; perPart /= 2) {
            choices.add(new Choice(like.withBlocksPerPart((int) perPart), reason));
        }
    }
}
