package io.github.clnorm.spark;

import java.util.function.Supplier;
import org.apache.spark.SparkContext;

/** The text of a job in Spark's UI. */
final class JobDescription {
    private static final String PROPERTY = "spark.job.description";

    private JobDescription() {}

    /** Runs jobs of this thread with a description, and restores the one before. */
    static <T> T during(SparkContext context, String description, Supplier<T> jobs) {
        String before = context.getLocalProperty(PROPERTY);
        context.setLocalProperty(PROPERTY, description);
        try {
            return jobs.get();
        } finally {
            context.setLocalProperty(PROPERTY, before);
        }
    }
}
