package io.github.clnorm;

import io.github.clnorm.device.ClException;
import io.github.clnorm.internal.fleet.EachDevice;
import io.github.clnorm.type.ElementType;
import java.util.ArrayList;
import java.util.List;

/**
 * A layer on each device of a fleet. Layers that need the statistics of all shards exchange them. A pass of these that fails
 * leaves the layers as they were before. Used by one thread at a time.
 */
final class DeviceLayers implements AutoCloseable {

    private final List<Layer> layers = new ArrayList<>();
    // Null for layers that work by themselves.
    private final RenewableExchange exchange;
    // Of a pass that failed on a device that could not restore the statistics.
    private RunningBackup unrestored;

    DeviceLayers(List<Backend> backends, NormSpec spec, ElementType type) {
        this.exchange = spec.sets().samplesAreIndependent() ? null : new RenewableExchange(backends.size());
        try {
            for (int i = 0; i < backends.size(); i++) {
                Backend backend = backends.get(i);
                layers.add(
                        exchange == null
                                ? spec.on(backend, type)
                                : spec.on(backend, type, exchange.participants().get(i)));
            }
        } catch (RuntimeException e) {
            layers.forEach(Layer::close);
            throw e;
        }
    }

    List<Layer> all() {
        return layers;
    }

    Layer of(int device) {
        return layers.get(device);
    }

    /** Whether the layers exchange statistics: then each must take part in every pass. */
    boolean areSynchronized() {
        return exchange != null;
    }

    /** Runs the tasks of a forward pass, which may update running statistics. */
    void forward(List<Runnable> tasks) {
        if (exchange == null) {
            run(tasks);
            return;
        }
        restore();
        RunningBackup backup = new RunningBackup(layers);
        try {
            run(tasks);
        } catch (RuntimeException | Error e) {
            unrestored = backup;
            restoreAfter(e);
            throw e;
        }
        backup.close();
    }

    /** Runs the tasks of a pass that leaves the layers as they are. Those of layers that wait for each other run at the same time. */
    void run(List<Runnable> tasks) {
        if (exchange == null) {
            tasks.forEach(Runnable::run);
            return;
        }
        try {
            EachDevice.run(tasks);
        } catch (ExchangeException e) {
            exchange.renew();
            // What the other devices report is that one has failed.
            throw e.getCause() instanceof ClException failure ? failure : e;
        } catch (RuntimeException | Error e) {
            exchange.renew();
            throw e;
        }
    }

    private void restoreAfter(Throwable failure) {
        try {
            restore();
        } catch (RuntimeException again) {
            // The next pass tries it again.
            if (again != failure) {
                failure.addSuppressed(again);
            }
        }
    }

    private void restore() {
        if (unrestored != null) {
            unrestored.restore();
            unrestored.close();
            unrestored = null;
        }
    }

    @Override
    public void close() {
        if (unrestored != null) {
            unrestored.close();
        }
        layers.forEach(Layer::close);
        if (exchange != null) {
            exchange.close();
        }
    }
}
