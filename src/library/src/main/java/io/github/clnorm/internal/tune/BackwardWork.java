package io.github.clnorm.internal.tune;

import io.github.clnorm.internal.geometry.BackwardProblem;
import io.github.clnorm.internal.geometry.ForwardProblem;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.internal.runtime.BackwardBuffers;
import io.github.clnorm.internal.runtime.DeviceBuffer;
import io.github.clnorm.internal.runtime.Engine;
import io.github.clnorm.internal.runtime.ForwardBuffers;
import io.github.clnorm.internal.runtime.Session;
import io.github.clnorm.type.ElementType;
import java.util.ArrayList;
import java.util.List;

/** A backward pass for all gradients, with the statistics of a forward pass. */
final class BackwardWork extends Work {

    private static final int TRANSITS = 3;

    private final BackwardProblem problem;
    private final List<BackwardBuffers> copies = new ArrayList<>();

    BackwardWork(Session session, BackwardProblem problem) {
        super(session, problem);
        this.problem = problem;
    }

    @Override
    void allocate() {
        ElementType real = problem.real();
        allocateParameters(real, problem.statistics());
        DeviceBuffer gradWeight = empty(geometry.parameters(), real);
        DeviceBuffer gradBias = empty(geometry.parameters(), real);
        long elements = geometry.elements();
        fill(copies(TRANSITS * elements * type.bytes(), session.device()), () -> {
            DeviceBuffer x = random(1, -0.5, 1.5, elements, type);
            DeviceBuffer dy = random(2, -1, 1, elements, type);
            DeviceBuffer dx = empty(elements, type);
            copies.add(new BackwardBuffers(x, null, dy, weight, bias, meanHi, meanLo, rstd, dx, gradWeight, gradBias));
        });
        // Every copy has the same x, and so the same statistics.
        BackwardBuffers first = copies.get(0);
        ForwardProblem forward = ForwardProblem.of(geometry, problem.statistics(), type);
        Engine.enqueue(
                session,
                forward,
                session.planner().heuristic(forward),
                new ForwardBuffers(
                        first.input(), null, weight, bias, first.gradInput(), null, meanHi, meanLo, null, rstd),
                EPS);
    }

    @Override
    int copies() {
        return copies.size();
    }

    @Override
    void enqueue(Plan plan, int copy) {
        Engine.enqueue(session, problem, plan, copies.get(copy), EPS);
    }

    @Override
    List<Output> outputs(int copy) {
        BackwardBuffers buffers = copies.get(copy);
        return List.of(
                new Output("dx", type, buffers.gradInput()),
                new Output("dgamma", problem.real(), buffers.gradWeight()),
                new Output("dbeta", problem.real(), buffers.gradBias()));
    }

    @Override
    DeviceBuffer[] pair(int copy) {
        return new DeviceBuffer[] {copies.get(copy).input(), copies.get(copy).gradInput()};
    }

    @Override
    int transits() {
        return TRANSITS;
    }
}
