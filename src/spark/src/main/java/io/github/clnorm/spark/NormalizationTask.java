package io.github.clnorm.spark;

import io.github.clnorm.Backend;
import java.io.Serializable;
import java.util.Iterator;
import org.apache.spark.SparkContext;

/**
 * What travels to the executors.
 *
 * @param <T> rows before
 * @param <U> rows after
 */
final class NormalizationTask<T, U> implements Serializable {
    private static final long serialVersionUID = 1;

    /** Makes the codec of a task. */
    interface Codecs<T, U> extends Serializable {
        SampleCodec<T, U> codec();
    }

    private final NormalizationRequest request;
    private final Codecs<T, U> codecs;
    private final Counters counters;
    private final boolean sameDevice;
    /** Null if any device will do, and before the first job. */
    private RequiredDevice required;

    NormalizationTask(
            NormalizationRequest request,
            Codecs<T, U> codecs,
            Counters counters,
            boolean sameDevice,
            RequiredDevice required) {
        this.request = request;
        this.codecs = codecs;
        this.counters = counters;
        this.sameDevice = sameDevice;
        this.required = required;
    }

    /** Called on the driver before tasks are made. */
    synchronized void beforeJob(SparkContext context) {
        ExecutorBackends.closeWith(context);
        if (sameDevice && required == null) {
            required = RequiredDevice.find(context);
        }
    }

    Batches<T, U> batches(Iterator<T> rows, int partition) {
        return new Batches<>(rows, codecs.codec(), request, this::open, counters.of(partition));
    }

    private DevicePass open() {
        Backend backend = ExecutorBackends.ofTask();
        if (required != null) {
            required.check(backend);
        }
        return new LayerPass(request, backend);
    }

    /** The normalization, as the name of a stage has it. */
    @Override
    public String toString() {
        return request.spec().toString();
    }
}
