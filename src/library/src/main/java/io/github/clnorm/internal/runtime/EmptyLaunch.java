package io.github.clnorm.internal.runtime;

import io.github.clnorm.internal.opencl.OpenCl;

/** A launch that does nothing: what every launch costs beside its work. Thread-safe. */
public final class EmptyLaunch {
    private EmptyLaunch() {}

    /**
     * Enqueues it and sends it to the device, without waiting.
     *
     * @param session where
     * @param argument any buffer; not touched
     */
    public static void enqueue(Session session, DeviceBuffer argument) {
        session.lock();
        try {
            OpenCl.Kernel kernel = session.kernel("launch.cl", "nothing", "");
            session.enqueue(kernel, new KernelArguments().add(argument), 1, 1);
            session.flush();
        } finally {
            session.unlock();
        }
    }
}
