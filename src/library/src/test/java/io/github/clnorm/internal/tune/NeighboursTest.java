package io.github.clnorm.internal.tune;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.Problem;
import io.github.clnorm.internal.model.Catalogue;
import io.github.clnorm.internal.plan.Heuristics;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.internal.plan.PlanGrid;
import io.github.clnorm.internal.plan.PlanRules;
import io.github.clnorm.internal.plan.Predictor;
import io.github.clnorm.internal.plan.Recording;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/** The plans that a search tries from the heuristics' plan on, and their form in files, are those that were recorded. */
class NeighboursTest {

    private static final int WALKS = 150;
    private static final int STEPS = 4;

    @Test
    void neighboursAreTheRecordedOnes() {
        Recording recording = new Recording();
        PlanGrid.devices().forEach((name, device) -> {
            recording.line("# " + name);
            for (String shape : List.of(
                    "group_norm 2x320x4096 G=32",
                    "group_norm last 2x320x4096 G=32",
                    "layer_norm 4096x768",
                    "batch_norm 7x12x25")) {
                Geometry geometry = PlanGrid.geometries().get(shape);
                Problem forward = PlanGrid.forward(geometry);
                Problem backward = PlanGrid.backward(geometry);
                recording.line(shape + " forward");
                walk(new SplittableRandom(3), forward, device, 1).forEach(recording::line);
                recording.line(shape + " backward");
                walk(new SplittableRandom(3), backward, device, 1).forEach(recording::line);
            }
            SplittableRandom random = new SplittableRandom(4);
            List<String> forward = new ArrayList<>();
            List<String> backward = new ArrayList<>();
            for (int i = 0; i < WALKS; i++) {
                forward.addAll(walk(random, PlanGrid.forward(random), device, STEPS));
                backward.addAll(walk(random, PlanGrid.backward(random), device, STEPS));
            }
            recording.checksum("random forward", forward);
            recording.checksum("random backward", backward);
        });
        recording.assertRecorded(NeighboursTest.class, "neighbours.txt");
    }

    /** On GPUs the most promising plans come first. */
    @Test
    void neighboursAreSortedByTheirPrediction() {
        Geometry geometry = PlanGrid.geometries().get("group_norm 2x320x4096 G=32");
        Problem problem = PlanGrid.forward(geometry);
        DeviceInfo device = Catalogue.named("RTX 4090").device();
        Predictor predictor = new Predictor(problem, device);
        Plan start = Plan.split(256, 4, 16);
        List<Plan> neighbours = new Candidates(
                        geometry,
                        device,
                        plan -> PlanRules.problem(plan, problem, device).isEmpty(),
                        plan -> predictor.of(plan).micros())
                .around(start);
        assertTrue(neighbours.size() > 10, neighbours.toString());
        double before = 0;
        for (Plan plan : neighbours) {
            double micros = predictor.of(plan).micros();
            assertTrue(micros >= before, plan.toString());
            before = micros;
        }
    }

    private static List<String> walk(SplittableRandom random, Problem problem, DeviceInfo device, int steps) {
        Plan start =
                Heuristics.choose(problem, device, device.maxWorkGroupSize()).plan();
        Predicate<Plan> legal = plan -> PlanRules.problem(plan, problem, device).isEmpty();
        return walk(random, start, new Candidates(problem.geometry(), device, legal, plan -> 0), steps);
    }

    /** The neighbours of a plan, then those of one of them, and so on. */
    private static List<String> walk(SplittableRandom random, Plan start, Candidates candidates, int steps) {
        List<String> lines = new ArrayList<>();
        Plan plan = start;
        for (int i = 0; i < steps; i++) {
            List<Plan> neighbours = candidates.around(plan);
            lines.add(plan + " " + PlanParts.of(plan));
            neighbours.forEach(neighbour -> lines.add("    " + neighbour));
            if (neighbours.isEmpty()) {
                break;
            }
            plan = neighbours.get(random.nextInt(neighbours.size()));
        }
        return lines;
    }
}
