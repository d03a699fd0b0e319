package io.github.clnorm.spark;

import io.github.clnorm.Backend;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.NoDeviceException;
import java.lang.ref.WeakReference;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.spark.SparkContext;
import org.apache.spark.SparkEnv;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerApplicationEnd;

/**
 * One open backend for each device of this process, shared by all tasks of an executor. Opened when a task first needs
 * it. Closed when the process ends, when {@link ClnormPlugin} is stopped, or in local mode when the application ends.
 * Thread-safe.
 */
final class ExecutorBackends {
    private static final Map<DeviceInfo, Backend> OPEN = new HashMap<>();
    /** Which device a task uses. A test gives executors of one machine unlike devices. */
    static volatile Supplier<DeviceInfo> assignment = AssignedDevice::ofTask;

    private static boolean hooked;
    private static WeakReference<SparkContext> watched = new WeakReference<>(null);

    private ExecutorBackends() {}

    /**
     * The backend of the device that the calling task uses.
     *
     * @return the backend; the task does not close it
     * @throws NoDeviceException if this executor has no such device; the message names the host
     */
    static Backend ofTask() {
        try {
            return of(assignment.get());
        } catch (NoDeviceException e) {
            throw new NoDeviceException(
                    thisExecutor() + ": " + e.getMessage() + ". Run clnorm doctor there for more", e.findings());
        }
    }

    private static synchronized Backend of(DeviceInfo device) {
        if (!hooked) {
            hooked = true;
            Runtime.getRuntime().addShutdownHook(new Thread(ExecutorBackends::closeAll, "clnorm-close"));
        }
        return OPEN.computeIfAbsent(device, Backend::open);
    }

    /** The number of open backends. */
    static synchronized int open() {
        return OPEN.size();
    }

    /** Closes all backends. A task that comes later opens its own again. */
    static synchronized void closeAll() {
        OPEN.values().forEach(Backend::close);
        OPEN.clear();
        HostBuffers.clear();
    }

    /** In local mode, where executors are threads of this process: closes the backends when the application ends. */
    static synchronized void closeWith(SparkContext context) {
        if (context.isLocal() && watched.get() != context) {
            watched = new WeakReference<>(context);
            context.addSparkListener(new SparkListener() {
                @Override
                public void onApplicationEnd(SparkListenerApplicationEnd end) {
                    closeAll();
                }
            });
        }
    }

    /** This process in a message: {@code executor 1 on host worker-7}. */
    static String thisExecutor() {
        SparkEnv env = SparkEnv.get();
        String id = env == null ? "?" : env.executorId();
        return (id.equals("driver") ? "the driver" : "executor " + id) + " on host " + host();
    }

    private static String host() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return SparkEnv.get() == null
                    ? "unknown"
                    : SparkEnv.get().blockManager().blockManagerId().host();
        }
    }
}
