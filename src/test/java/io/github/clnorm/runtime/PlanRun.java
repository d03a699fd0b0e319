package io.github.clnorm.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.clnorm.geometry.Geometry;
import io.github.clnorm.plan.Plan;
import java.nio.FloatBuffer;
import java.util.Arrays;

/**
 * Runs one plan on buffers of its own, which are filled with NaN before and followed by values that must not change.
 *
 * @param output y
 * @param mean one a set
 * @param rstd one a set
 */
public record PlanRun(float[] output, float[] mean, float[] rstd) {

    private static final int CANARIES = 64;
    private static final float CANARY = -12345.678f;

    /** Runs a plan; weight and bias may be null. */
    public static PlanRun of(
            Session session, Geometry geometry, Plan plan, float[] x, float[] weight, float[] bias, double eps) {
        int elements = (int) geometry.elements();
        int sets = (int) geometry.sets();
        try (DeviceBuffer input = filled(session, x);
                DeviceBuffer gamma = weight == null ? null : filled(session, weight);
                DeviceBuffer beta = bias == null ? null : filled(session, bias);
                DeviceBuffer output = guarded(session, elements);
                DeviceBuffer mean = guarded(session, sets);
                DeviceBuffer rstd = guarded(session, sets)) {
            Forward.enqueue(
                    session, geometry, plan, new Forward.Buffers(input, gamma, beta, output, mean, rstd), (float) eps);
            String what = plan + " on " + session.device().name();
            PlanRun run = new PlanRun(
                    read(session, output, elements, what),
                    read(session, mean, sets, what),
                    read(session, rstd, sets, what));
            float[] after = new float[x.length];
            session.read(input, FloatBuffer.wrap(after));
            io.github.clnorm.testing.Errors.assertSameBits(x, after, what + " changed its input");
            return run;
        }
    }

    private static DeviceBuffer filled(Session session, float[] values) {
        DeviceBuffer buffer = session.allocate((long) values.length * Float.BYTES);
        session.write(buffer, FloatBuffer.wrap(values));
        return buffer;
    }

    private static DeviceBuffer guarded(Session session, int elements) {
        float[] values = new float[elements + CANARIES];
        Arrays.fill(values, 0, elements, Float.NaN);
        Arrays.fill(values, elements, values.length, CANARY);
        return filled(session, values);
    }

    private static float[] read(Session session, DeviceBuffer buffer, int elements, String what) {
        float[] values = new float[elements + CANARIES];
        session.read(buffer, FloatBuffer.wrap(values));
        for (int i = elements; i < values.length; i++) {
            assertEquals(CANARY, values[i], what + " wrote " + (i - elements) + " behind its output");
        }
        return Arrays.copyOf(values, elements);
    }
}
