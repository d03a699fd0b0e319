package io.github.clnorm.runtime;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.Devices;
import io.github.clnorm.geometry.Geometry;
import io.github.clnorm.geometry.GroupNormGeometry;
import io.github.clnorm.plan.Plan;
import io.github.clnorm.plan.PlanSpace;
import io.github.clnorm.runtime.opencl.JoclOpenCl;
import io.github.clnorm.runtime.opencl.OpenCl;
import io.github.clnorm.testing.Errors;
import io.github.clnorm.testing.Values;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.stream.Stream;

/**
 * Runs plans at tiny shapes on the one device there is: Oclgrind, in a process of its own. Prints how many runs there
 * were; Oclgrind prints what it finds on standard error.
 */
final class OclgrindRun {

    private OclgrindRun() {}

    /** Arguments: {@code matrix} for every legal work-group size and vector width, or {@code initialised}. */
    public static void main(String[] arguments) {
        boolean matrix = arguments[0].equals("matrix");
        DeviceInfo device = Devices.of(Devices.platforms()).get(0);
        if (!device.name().contains("Oclgrind")) {
            throw new IllegalStateException("expected Oclgrind, got " + device);
        }
        int runs = every(device, matrix, 1, 2, 65) + every(device, matrix, 2, 2, 4, 3, 5) + every(device, matrix, 1, 1, 3, 367);
        if (!matrix) {
            runs += every(device, false, 1, 2, 2, 2100);
        }
        System.out.println(runs + " runs");
        System.exit(0);
    }

    /** A session for each shape: Oclgrind takes memory that a released buffer had before for uninitialised. */
    private static int every(DeviceInfo device, boolean matrix, long groups, long... shape) {
        // The check for uninitialised reads does not know an instruction of the optimizer.
        OpenCl openCl = JoclOpenCl.open(device, false);
        try (Session session = new Session(matrix ? openCl : unoptimized(openCl), device)) {
            return every(session, matrix, groups, shape);
        }
    }

    private static int every(Session session, boolean matrix, long groups, long... shape) {
        Geometry geometry = GroupNormGeometry.of(shape, groups);
        float[] x = Values.normal(1, (int) geometry.elements(), 3, 2);
        float[] weight = Values.normal(2, (int) shape[1], 1, 1);
        List<Plan> plans = matrix
                ? PlanSpace.all(geometry, session.device())
                // Scalars: the check takes lanes of vectors that were loaded, or set from one scalar, for uninitialised.
                : Stream.of(1, 8, 64, 128).flatMap(group -> PlanSpace.variants(group, 1).stream())
                        .filter(plan -> session.planner().problem(plan, geometry).isEmpty())
                        .toList();
        PlanRun expected = null;
        for (Plan plan : plans) {
            PlanRun run = PlanRun.of(session, geometry, plan, x, weight, weight, 1e-5);
            expected = expected == null ? run : expected;
            Errors.assertSameBits(expected.output(), run.output(), plan.toString());
            Errors.assertSameBits(expected.rstd(), run.rstd(), plan.toString());
        }
        return plans.size();
    }

    private static OpenCl unoptimized(OpenCl real) {
        return (OpenCl) Proxy.newProxyInstance(
                OpenCl.class.getClassLoader(), new Class<?>[] {OpenCl.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("build")) {
                        // Inlining leaves marks that only the optimizer removes.
                        arguments[1] += " -cl-opt-disable -DCLNORM_INLINE=static";
                    }
                    try {
                        return method.invoke(real, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }
}
