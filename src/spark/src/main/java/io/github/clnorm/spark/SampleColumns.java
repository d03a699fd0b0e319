package io.github.clnorm.spark;

import io.github.clnorm.type.ElementType;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.rdd.RDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;

/** Which columns of a data frame hold samples, and in which form. Thread-safe. */
final class SampleColumns {

    private SampleColumns() {}

    /** How a column holds samples. */
    static SampleForm form(String role, String column, DataType type) {
        if (type.equals(SQLDataTypes.VectorType())) {
            return SampleForm.VECTOR;
        }
        if (type.equals(DataTypes.BinaryType)) {
            return SampleForm.NPY;
        }
        if (type instanceof ArrayType array) {
            if (array.elementType().equals(DataTypes.FloatType)) {
                return SampleForm.FLOAT_ARRAY;
            }
            if (array.elementType().equals(DataTypes.DoubleType)) {
                return SampleForm.DOUBLE_ARRAY;
            }
        }
        throw new IllegalArgumentException(role + ": column " + column + " is " + type.sql()
                + ", expected array<float>, array<double>, a vector of Spark ML, or binary with the content of .npy files."
                + " A cast makes one of these from other numbers");
    }

    /** The largest type in which samples are computed. `type` is the one that is set; null for that of the values. */
    static ElementType largest(SampleForm form, ElementType type) {
        return type != null ? type : form == SampleForm.FLOAT_ARRAY ? ElementType.FLOAT32 : ElementType.FLOAT64;
    }

    /** Plans a data frame anew, so that it reads what has been cached since it was planned before. */
    static RDD<InternalRow> plan(org.apache.spark.sql.classic.Dataset<?> data) {
        return org.apache.spark.sql.classic.Dataset$.MODULE$
                .ofRows(data.sparkSession(), data.logicalPlan())
                .queryExecution()
                .toRdd();
    }

    /** A data frame of this process. `method` is what needs it, in the message. */
    static org.apache.spark.sql.classic.Dataset<?> classic(Dataset<?> data, String method) {
        if (!(data instanceof org.apache.spark.sql.classic.Dataset<?> classic)) {
            throw new IllegalArgumentException(
                    method + " needs a session of the driver's own process, not Spark Connect");
        }
        if (data.isStreaming()) {
            throw new IllegalArgumentException(
                    method + " takes no stream: call it for each micro-batch, in writeStream().foreachBatch(…)");
        }
        return classic;
    }
}
