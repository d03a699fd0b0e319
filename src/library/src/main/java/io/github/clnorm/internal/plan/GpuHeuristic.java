package io.github.clnorm.internal.plan;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.geometry.Problem;
import io.github.clnorm.internal.model.Capacities;
import io.github.clnorm.internal.model.Capacity;
import io.github.clnorm.internal.model.Prediction;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Chooses the plan of a GPU: the legal candidate with the shortest predicted time. */
final class GpuHeuristic {

    private record Rated(Choice choice, boolean fits, double micros) {}

    private GpuHeuristic() {}

    static Choice choose(Problem problem, DeviceInfo device, long largestWorkGroup) {
        Capacity capacity = Capacities.of(device);
        Predictor predictor = new Predictor(problem, device, capacity);
        GpuCandidates candidates = new GpuCandidates(problem, device, capacity, largestWorkGroup);
        List<Rated> rated = new ArrayList<>();
        for (Choice choice : candidates.all()) {
            Prediction prediction = predictor.of(choice.plan());
            rated.add(new Rated(choice, prediction.fits(), prediction.micros()));
        }
        rated.sort(Comparator.comparing((Rated plan) -> !plan.fits()).thenComparingDouble(Rated::micros));
        for (Rated plan : rated) {
            if (PlanRules.problem(plan.choice().plan(), problem, device).isEmpty()) {
                return plan.choice();
            }
        }
        return Heuristics.firstLegal(candidates.smallParts(), problem, device);
    }
}
