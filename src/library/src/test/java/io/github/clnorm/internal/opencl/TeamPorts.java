package io.github.clnorm.internal.opencl;

import static org.jocl.CL.*;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.Devices;
import io.github.clnorm.internal.driver.PoclCompanion;
import io.github.clnorm.testing.OwnOpenCl;
import java.util.List;
import org.jocl.cl_context;
import org.jocl.cl_event;

/** PoCL's CPU with its companion, for tests. */
final class TeamPorts {

    /** Adds 1 to an element in each work-group. */
    static final String ADD =
            """
            kernel void add(global float *x, const ulong first_group) {
                if (get_group_id(0) >= first_group >> 48) {
                    return;
                }
                x[(first_group & 0xffffffffffffUL) + get_group_id(0)] += 1;
            }
            kernel void add_undivided(global float *x) { x[get_group_id(0)] += 1; }
            """;

    private TeamPorts() {}

    /** PoCL's CPU. Fails without PoCL, and where its companion is switched off. */
    static DeviceInfo device() {
        List<DeviceInfo> devices = Devices.of(Devices.platforms());
        return devices.stream()
                .filter(device -> PoclCompanion.of(device).isPresent())
                .findFirst()
                .orElseThrow(() -> new AssertionError(
                        "these tests need PoCL with its companion, so without POCL_DEVICES: " + devices));
    }

    static TeamOpenCl open() {
        DeviceInfo device = device();
        return TeamOpenCl.open(device, PoclCompanion.of(device).orElseThrow());
    }

    /** An event that stops all commands after it until it is opened. */
    static final class Gate {
        private final cl_event event;

        Gate(OpenCl port) {
            event = clCreateUserEvent((cl_context) port.context(), null);
            port.waitFor(JoclOpenCl.event(event));
        }

        void open() {
            OwnOpenCl.check(clSetUserEventStatus(event, CL_COMPLETE), "clSetUserEventStatus");
            OwnOpenCl.check(clReleaseEvent(event), "clReleaseEvent");
        }

        void fail() {
            OwnOpenCl.check(clSetUserEventStatus(event, -1), "clSetUserEventStatus");
            OwnOpenCl.check(clReleaseEvent(event), "clReleaseEvent");
        }
    }
}
