package io.github.clnorm.tools.tune;

import io.github.clnorm.device.ClException;
import io.github.clnorm.internal.driver.Quirks;
import io.github.clnorm.internal.geometry.Problem;
import io.github.clnorm.internal.plan.Choice;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.internal.plan.Predictor;
import io.github.clnorm.internal.runtime.Session;
import io.github.clnorm.internal.tune.Entry;
import io.github.clnorm.internal.tune.Grouping;
import io.github.clnorm.internal.tune.Match;
import io.github.clnorm.internal.tune.TunedPlans;
import io.github.clnorm.internal.tune.TuningDatabase;
import io.github.clnorm.tools.comparison.FigureText;
import io.github.clnorm.tools.measure.Direction;
import io.github.clnorm.tools.measure.Workload;
import io.github.clnorm.tools.terminal.MessageText;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Explains which plan runs for a pass: the steps of the planner, and the reason of the heuristics. */
final class Explanation {

    private final Session session;
    private final TuningDatabase database;

    Explanation(Session session, TuningDatabase database) {
        this.session = session;
        this.database = database;
    }

    /** The lines for one pass. */
    String of(Workload workload, Direction direction) {
        Problem problem = direction == Direction.FORWARD ? workload.problem() : workload.gradientProblem();
        Grouping grouping = Grouping.of(problem).orElseThrow();
        List<String> lines = new ArrayList<>();
        lines.add(workload + ", " + direction + " on " + session.device().description());
        lines.add("  grouping: " + grouping);
        Choice heuristic = session.planner().choice(problem);
        lines.addAll(choice(grouping, problem, heuristic.plan()));
        lines.add("  the heuristic's reason: " + heuristic.reason());
        if (Quirks.isGpu(session.device())) {
            lines.add(
                    "  predicted: " + PredictionText.of(new Predictor(problem, session.device()).of(heuristic.plan())));
        }
        return String.join("\n", lines) + "\n\n";
    }

    private List<String> choice(Grouping grouping, Problem problem, Plan heuristic) {
        List<String> skipped = new ArrayList<>();
        for (Match match : TunedPlans.matches(database, session, grouping)) {
            Entry entry = match.entry();
            if (match.meansHeuristic()) {
                return choice(
                        heuristic, "the heuristic's; nothing beat the heuristics when it was " + why(match), skipped);
            }
            Optional<String> broken = broken(entry.plan(), problem);
            if (broken.isEmpty()) {
                List<String> lines = choice(entry.plan(), why(match), skipped);
                lines.add(
                        entry.plan().equals(heuristic)
                                ? "  which is the heuristic's too"
                                : "  instead of the heuristic's: " + heuristic);
                return lines;
            }
            skipped.add("  skipped: " + entry.plan() + ", " + match.kind() + ": " + broken.get());
        }
        return choice(heuristic, "the heuristic's; nothing was tuned for this grouping or a near one", skipped);
    }

    private static List<String> choice(Plan plan, String why, List<String> skipped) {
        List<String> lines = new ArrayList<>(List.of("  plan: " + plan, "  why: " + why));
        lines.addAll(skipped);
        return lines;
    }

    private Optional<String> broken(Plan plan, Problem problem) {
        try {
            return session.planner().problem(plan, problem);
        } catch (ClException e) {
            return Optional.of(MessageText.oneLine(e.getMessage()));
        }
    }

    private static String why(Match match) {
        Entry entry = match.entry();
        String other =
                switch (match.kind()) {
                    case EXACT -> "";
                    case NEAREST -> " (" + entry.grouping() + ")";
                    case OTHER_DRIVER -> " (" + entry.driver() + ", " + entry.grouping() + ")";
                    case OTHER_KERNELS -> " (" + entry.kernels() + ")";
                };
        return match.kind() + other + ", " + entry.date() + ": " + FigureText.microseconds(entry.microseconds())
                + " us, the heuristic's plan " + FigureText.microseconds(entry.heuristicMicroseconds()) + " us";
    }
}
