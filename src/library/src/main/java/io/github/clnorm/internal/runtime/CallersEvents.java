package io.github.clnorm.internal.runtime;

import io.github.clnorm.device.ClException;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.opencl.EventInfo;
import io.github.clnorm.internal.opencl.OpenCl;

/** Checks events that a caller gives. The caller holds the session's lock. */
final class CallersEvents {
    private CallersEvents() {}

    static void check(OpenCl openCl, DeviceInfo device, OpenCl.Event... events) {
        if (events.length == 0) {
            throw new IllegalArgumentException("Expected one event or more, but got none");
        }
        for (int i = 0; i < events.length; i++) {
            EventInfo event = describe(openCl, events[i], i);
            if (!event.context().equals(openCl.context())) {
                throw new IllegalArgumentException("event " + i + " of " + events.length
                        + " belongs to another context than the backend on " + device.description());
            }
            if (event.status() < 0) {
                throw new IllegalArgumentException("event " + i + " of " + events.length
                        + " belongs to a command that failed, with status " + event.status());
            }
        }
    }

    private static EventInfo describe(OpenCl openCl, OpenCl.Event event, int index) {
        try {
            return openCl.describe(event);
        } catch (ClException e) {
            throw new IllegalArgumentException(
                    "Expected an event, but clGetEventInfo answers " + e.codeName() + " for event " + index
                            + ": it was released, or never created",
                    e);
        }
    }
}
