package io.github.clnorm.tools.plans;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.internal.geometry.BackwardProblem;
import io.github.clnorm.internal.geometry.ForwardProblem;
import io.github.clnorm.internal.geometry.GradientCut;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.internal.plan.PlanRules;
import io.github.clnorm.internal.plan.SecondRead;
import io.github.clnorm.tools.measure.Direction;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The plans and predictions for GPUs that are not here are those of a table: nothing changes unseen. With {@code
 * -Dclnorm.record=true} the table and the page are written first.
 */
class ExpectedPlansTest {

    private static final Path TABLE =
            Path.of("src/tools/src/test/resources/io/github/clnorm/tools/plans/expected-plans.csv");
    private static final Path PAGE = Path.of("docs/expected-plans.md");
    private static final String HEAD =
            "gpu;pass;tensor;plan;launches;launches of 0.2.0;transits of memory;transits of the cache;waves of the"
                    + " longest launch;predicted us;share of the copy;largest loss";
    private static final int MOST_SHOWN = 20;

    @BeforeAll
    static void record() throws IOException {
        if (Boolean.getBoolean("clnorm.record")) {
            Files.createDirectories(TABLE.getParent());
            Files.writeString(TABLE, String.join("\n", lines()) + "\n");
            Files.writeString(PAGE, ExpectedPlansPage.of(ExpectedPlans.ALL));
        }
    }

    private static List<String> lines() {
        List<String> lines = new ArrayList<>(List.of(HEAD));
        ExpectedPlans.ALL.forEach(row -> lines.add(row.line()));
        return lines;
    }

    @Test
    void plansAreThoseOfTheTable() throws IOException {
        List<String> expected = Files.readAllLines(TABLE);
        List<String> actual = lines();
        List<String> differences = new ArrayList<>();
        for (int i = 0; i < Math.max(expected.size(), actual.size()); i++) {
            String was = i < expected.size() ? expected.get(i) : "nothing";
            String is = i < actual.size() ? actual.get(i) : "nothing";
            if (!was.equals(is)) {
                differences.add("- " + was + "\n+ " + is);
            }
        }
        assertEquals(
                "",
                differences.stream().limit(MOST_SHOWN).collect(Collectors.joining("\n")),
                differences.size() + " rows differ from " + TABLE);
    }

    @Test
    void thePageShowsTheTable() throws IOException {
        assertEquals(ExpectedPlansPage.of(ExpectedPlans.ALL), Files.readString(PAGE));
    }

    /** A large tensor that misses the goal has a loss with a name. */
    @Test
    void largeTensorsReachTheGoalOrSayWhyNot() {
        for (ExpectedPlan row : ExpectedPlans.ALL) {
            if (row.workload().bytes() > ExpectedPlansPage.LARGE_BYTES) {
                assertTrue(row.prediction().share() < 1.02, "faster than a copy: " + row.line());
                assertTrue(
                        row.prediction().share() >= ExpectedPlansPage.GOAL || row.loss() != ExpectedPlan.Loss.NONE,
                        row.line());
            }
        }
    }

    /** Memory is read once and written once wherever a set fits in local memory. */
    @Test
    void setsThatFitInLocalMemoryAreReadOnce() {
        int checked = 0;
        for (ExpectedPlan row : ExpectedPlans.ALL) {
            if (row.direction() == Direction.FORWARD && fitsInLocalMemory(row)) {
                checked++;
                assertEquals(2, row.prediction().transits(), 0.05, row.line());
                assertEquals(1, row.prediction().launches().size(), row.line());
            }
        }
        assertTrue(checked > 400, "rows checked: " + checked);
    }

    /** So do backward passes whose parameters have several elements: x and dy are read once, and dx is written. */
    @Test
    void gradientsOfSetsThatFitInLocalMemoryReadOnce() {
        int checked = 0;
        for (ExpectedPlan row : ExpectedPlans.ALL) {
            BackwardProblem problem = row.workload().gradientProblem();
            Plan kept = Plan.resident(64, 4).withParameterLaunch(true).withSecondRead(SecondRead.LOCAL);
            if (row.direction() == Direction.BACKWARD
                    && GradientCut.of(problem.geometry()).order() == GradientCut.Order.RUNS
                    && PlanRules.problem(kept, problem, row.gpu().device()).isEmpty()) {
                checked++;
                assertEquals(3, row.prediction().transits(), 0.05, row.line());
            }
        }
        assertTrue(checked > 200, "rows checked: " + checked);
    }

    private static boolean fitsInLocalMemory(ExpectedPlan row) {
        ForwardProblem problem = row.workload().problem();
        Plan kept = Plan.resident(64, 4).withSecondRead(SecondRead.LOCAL);
        return problem.geometry().alongRows()
                && PlanRules.problem(kept, problem, row.gpu().device()).isEmpty();
    }
}
