package io.github.clnorm.tools.plans;

import io.github.clnorm.internal.geometry.Problem;
import io.github.clnorm.internal.model.Catalogue;
import io.github.clnorm.internal.model.CataloguedGpu;
import io.github.clnorm.internal.plan.Choice;
import io.github.clnorm.internal.plan.Heuristics;
import io.github.clnorm.internal.plan.Predictor;
import io.github.clnorm.tools.measure.Direction;
import io.github.clnorm.tools.measure.Suite;
import io.github.clnorm.tools.measure.Workload;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** The plans that the heuristics choose on the GPUs of the catalogue, with what the model predicts of them. */
final class ExpectedPlans {

    /** All rows: every GPU, workload, type and layout, forward and backward. */
    static final List<ExpectedPlan> ALL = all();

    private ExpectedPlans() {}

    private static List<ExpectedPlan> all() {
        List<ExpectedPlan> rows = new ArrayList<>();
        Map<String, String> before = launchesBefore();
        for (CataloguedGpu gpu : Catalogue.ALL) {
            int number = 0;
            for (Workload workload : workloads()) {
                for (Direction direction : Direction.values()) {
                    char launches = before.get(gpu.key() + ";" + direction).charAt(number);
                    rows.add(row(gpu, workload, direction, Character.digit(launches, 10)));
                }
                number++;
            }
        }
        return List.copyOf(rows);
    }

    /** The workloads of all suites of plain layers, each once, in float32 and float16 and in both layouts. */
    static Set<Workload> workloads() {
        Set<Workload> all = new LinkedHashSet<>();
        for (Suite suite : Suite.values()) {
            for (Workload workload : suite.plain() ? suite.workloads() : List.<Workload>of()) {
                for (ElementType type : List.of(ElementType.FLOAT32, ElementType.FLOAT16)) {
                    for (Layout layout : Layout.values()) {
                        all.add(workload.in(type, layout));
                    }
                }
            }
        }
        return all;
    }

    /** The launches that the heuristics of version 0.2.0 chose: a digit for each workload, in order. */
    private static Map<String, String> launchesBefore() {
        try (InputStream in = ExpectedPlans.class.getResourceAsStream("launches-0.2.0.txt")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .collect(Collectors.toMap(
                            line -> line.substring(0, line.lastIndexOf(';')),
                            line -> line.substring(line.lastIndexOf(';') + 1)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static ExpectedPlan row(CataloguedGpu gpu, Workload workload, Direction direction, int launchesBefore) {
        Problem problem = direction == Direction.FORWARD ? workload.problem() : workload.gradientProblem();
        Choice choice = Heuristics.choose(problem, gpu.device(), gpu.device().maxWorkGroupSize());
        return new ExpectedPlan(
                gpu,
                workload,
                direction,
                choice,
                new Predictor(problem, gpu.device()).of(choice.plan()),
                launchesBefore);
    }
}
