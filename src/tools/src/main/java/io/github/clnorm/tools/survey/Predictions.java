package io.github.clnorm.tools.survey;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.clnorm.internal.driver.Quirks;
import io.github.clnorm.internal.geometry.Problem;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.internal.plan.Predictor;
import io.github.clnorm.internal.runtime.Session;
import io.github.clnorm.tools.bench.WorkloadJson;
import io.github.clnorm.tools.comparison.Means;
import io.github.clnorm.tools.measure.BenchRow;
import io.github.clnorm.tools.measure.Direction;
import io.github.clnorm.tools.measure.Figures;
import io.github.clnorm.tools.measure.RowStatus;
import io.github.clnorm.tools.measure.Workload;
import io.github.clnorm.tools.terminal.JsonDocument;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;

/**
 * Predicted times of the heuristics' plans next to measured ones. Where nothing is predicted, {@code predicted_us} is {@code
 * null}.
 */
final class Predictions {

    /** Predicts the time of a pass. */
    interface Model {

        /** Predicts no time. */
        Model NONE = (workload, direction) -> Double.NaN;

        /** Microseconds; NaN if it predicts none. */
        double microseconds(Workload workload, Direction direction);

        /** That of the plans of the heuristics, on a GPU. Other devices have no model. */
        static Model of(Session session) {
            if (!Quirks.isGpu(session.device())) {
                return NONE;
            }
            return (workload, direction) -> {
                Problem problem = direction == Direction.FORWARD ? workload.problem() : workload.gradientProblem();
                Plan plan = session.planner().heuristic(problem);
                return new Predictor(problem, session.device()).of(plan).micros();
            };
        }
    }

    private record Pass(Workload workload, Direction direction) {}

    private final Model model;
    private final Map<Pass, Double> predicted = new LinkedHashMap<>();

    Predictions(Model model) {
        this.model = model;
    }

    /** Its section: a row for each pass that was measured with the heuristics' plan, and the mean of the ratios. */
    ObjectNode node(List<BenchRow> rows) {
        ObjectNode node = SurveyDocument.object();
        ArrayNode list = node.putArray("rows");
        DoubleStream.Builder ratios = DoubleStream.builder();
        for (BenchRow row : rows) {
            if (row.status() != RowStatus.OK) {
                continue;
            }
            double expected = predicted.computeIfAbsent(
                    new Pass(row.workload(), row.direction()),
                    pass -> model.microseconds(pass.workload(), pass.direction()));
            double measured = measured(row.figures());
            ObjectNode of = WorkloadJson.describe(list.addObject(), row.workload())
                    .put("direction", row.direction().toString());
            JsonDocument.number(of, "predicted_us", expected);
            of.put("us", measured);
            if (Double.isFinite(expected)) {
                ratios.add(measured / expected);
            }
        }
        double[] all = ratios.build().toArray();
        JsonDocument.number(node, "measured_over_predicted", all.length == 0 ? Double.NaN : Means.geometric(all));
        return node;
    }

    /** The time of the heuristics' plan. */
    private static double measured(Figures figures) {
        return figures.heuristic() == null
                ? figures.time().median()
                : figures.heuristic().time().median();
    }
}
