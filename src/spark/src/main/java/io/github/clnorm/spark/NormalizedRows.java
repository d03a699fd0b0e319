package io.github.clnorm.spark;

import java.util.function.Consumer;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** A data frame with normalized samples, and the report of what was computed for it. Thread-safe. */
public final class NormalizedRows {
    private final Dataset<Row> rows;
    private final Counters counters;
    private final String description;

    NormalizedRows(Dataset<Row> rows, Counters counters, String description) {
        this.rows = rows;
        this.counters = counters;
        this.description = description;
    }

    /**
     * The data frame: the columns of the data and the results. Lazy: each action computes what it needs, unless the data
     * frame is cached.
     *
     * @return the data frame
     */
    public Dataset<Row> rows() {
        return rows;
    }

    /**
     * Runs an action, with the normalization as the description of its jobs in Spark's UI.
     *
     * @param action for example {@code rows -> rows.write().parquet(path)}
     * @return the report after the action
     */
    public NormalizationReport run(Consumer<Dataset<Row>> action) {
        return JobDescription.during(rows.sparkSession().sparkContext(), "clnorm " + description, () -> {
            action.accept(rows);
            return report();
        });
    }

    /**
     * What the actions have computed until now.
     *
     * @return the report; empty before the first action
     */
    public NormalizationReport report() {
        return counters.report();
    }
}
