package io.github.clnorm.spark;

import io.github.clnorm.Backend;
import io.github.clnorm.Fingerprint;
import java.io.Serializable;
import java.util.List;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * The device that all results must come from. Immutable.
 *
 * @param fingerprint the device
 * @param where it was found, in words
 */
record RequiredDevice(Fingerprint fingerprint, String where) implements Serializable {

    /** The device of the executor that first runs a task. Runs a job. */
    static RequiredDevice find(SparkContext spark) {
        JavaSparkContext context = JavaSparkContext.fromSparkContext(spark);
        // Strings, because Kryo does not take records.
        String[] found = JobDescription.during(
                spark, "clnorm: choose the device that computes all samples", () -> context.parallelize(List.of(0), 1)
                        .map(ignored -> {
                            Fingerprint device = ExecutorBackends.ofTask().fingerprint();
                            return new String[] {
                                device.device(),
                                device.platform(),
                                device.driver(),
                                device.kernels(),
                                ExecutorBackends.thisExecutor()
                            };
                        })
                        .first());
        return new RequiredDevice(
                new Fingerprint(found[0], found[1], found[2], found[3]), "which " + found[4] + " has");
    }

    /** Rejects another device. */
    void check(Backend backend) {
        Fingerprint here = backend.fingerprint();
        if (!here.equals(fingerprint)) {
            throw new IllegalStateException(
                    "the same device must compute all samples: " + ExecutorBackends.thisExecutor()
                            + " has " + here + ", expected " + fingerprint + ", " + where
                            + ". Unlike devices may differ in the last digits. Give the job executors of one kind, name the"
                            + " device by requireDevice(fingerprint), or leave out requireSameDevice()");
        }
    }
}
