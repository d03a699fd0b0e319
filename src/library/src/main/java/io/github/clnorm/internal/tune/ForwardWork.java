package io.github.clnorm.internal.tune;

import io.github.clnorm.internal.geometry.ForwardProblem;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.internal.runtime.DeviceBuffer;
import io.github.clnorm.internal.runtime.Engine;
import io.github.clnorm.internal.runtime.ForwardBuffers;
import io.github.clnorm.internal.runtime.Session;
import java.util.ArrayList;
import java.util.List;

/** A forward pass with weight and bias that writes its statistics. */
final class ForwardWork extends Work {

    private static final int TRANSITS = 2;

    private final ForwardProblem problem;
    private final List<ForwardBuffers> copies = new ArrayList<>();

    ForwardWork(Session session, ForwardProblem problem) {
        super(session, problem);
        this.problem = problem;
    }

    @Override
    void allocate() {
        allocateParameters(problem.real(), problem.statistics());
        long elements = geometry.elements();
        fill(copies(TRANSITS * elements * type.bytes(), session.device()), () -> {
            // A mean of half the deviation: neither cancels nor is zero.
            DeviceBuffer x = random(1, -0.5, 1.5, elements, type);
            DeviceBuffer y = empty(elements, type);
            copies.add(new ForwardBuffers(x, null, weight, bias, y, null, meanHi, meanLo, null, rstd));
        });
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
        ForwardBuffers buffers = copies.get(copy);
        List<Output> outputs = new ArrayList<>(
                List.of(new Output("y", type, buffers.output()), new Output("rstd", problem.real(), buffers.rstd())));
        if (buffers.meanHi() != null) {
            outputs.add(new Output("mean", problem.real(), buffers.meanHi()));
            outputs.add(new Output("the mean's rest", problem.real(), buffers.meanLo()));
        }
        return outputs;
    }

    @Override
    DeviceBuffer[] pair(int copy) {
        return new DeviceBuffer[] {copies.get(copy).input(), copies.get(copy).output()};
    }

    @Override
    int transits() {
        return TRANSITS;
    }
}
