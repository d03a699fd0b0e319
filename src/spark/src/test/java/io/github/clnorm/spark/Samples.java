package io.github.clnorm.spark;

import io.github.clnorm.Backend;
import io.github.clnorm.Layer;
import io.github.clnorm.NormSpec;
import io.github.clnorm.Tensor;
import io.github.clnorm.type.Activation;
import io.github.clnorm.type.ElementType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** Samples of shape (6, 5, 7), and their results by the library alone, without Spark. */
final class Samples {
    static final long[] SHAPE = {6, 5, 7};
    static final int ELEMENTS = 6 * 5 * 7;

    private Samples() {}

    static NormSpec spec() {
        float[] weight = {1, -2, 0.5f, 3, 1.25f, 0.75f};
        float[] bias = {0, 1, -1, 0.25f, 2, -0.5f};
        return NormSpec.groupNorm(3, 6).weight(weight).bias(bias).activation(Activation.SILU);
    }

    static double[] sample(int number) {
        Random random = new Random(number);
        return random.doubles(ELEMENTS).map(value -> value * 10 - number % 7).toArray();
    }

    static float[] floats(double... values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            floats[i] = (float) values[i];
        }
        return floats;
    }

    /** The result of a sample, computed alone. */
    static double[] expected(Backend backend, ElementType type, double... sample) {
        long[] batch = LongStream.concat(LongStream.of(1), Arrays.stream(SHAPE)).toArray();
        try (Layer layer = spec().on(backend, type);
                Tensor x = backend.tensor(type, sample, batch);
                Tensor y = layer.infer(x)) {
            return y.toDoubles();
        }
    }

    /** Results of samples 0 to count - 1 in float32. */
    static List<double[]> expected(int count) {
        try (Backend backend = Backend.open()) {
            return IntStream.range(0, count)
                    .mapToObj(i -> expected(backend, ElementType.FLOAT32, sample(i)))
                    .toList();
        }
    }

    /** Rows of a number and a value. */
    static Dataset<Row> data(SparkSession session, DataType type, List<?> values, int partitions) {
        StructType schema =
                new StructType().add("id", DataTypes.IntegerType).add("x", type).add("label", DataTypes.StringType);
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < values.size(); i++) {
            rows.add(RowFactory.create(i, values.get(i), "label " + i));
        }
        Dataset<Row> data = session.createDataFrame(rows, schema);
        return data.repartition(partitions);
    }

    /** Rows with samples 0 to count - 1 as {@code array<float>}. */
    static Dataset<Row> floatRows(SparkSession session, int count, int partitions) {
        List<float[]> values =
                IntStream.range(0, count).mapToObj(i -> floats(sample(i))).toList();
        return data(session, DataTypes.createArrayType(DataTypes.FloatType), values, partitions);
    }

    static RowNormalization normalize(Dataset<Row> data) {
        return ClnormSpark.normalize(data, spec()).input("x").shape(SHAPE).output("y");
    }

    /** The rows by number. Not sorted by Spark, which computes rows twice for it. */
    static List<Row> sorted(Dataset<Row> rows) {
        return rows.collectAsList().stream()
                .sorted(Comparator.comparingInt(row -> row.<Integer>getAs("id")))
                .toList();
    }

    /** The results by number; null for a row without one. */
    static List<double[]> results(Dataset<Row> rows, String column) {
        return sorted(rows).stream().map(row -> doubles(row, column)).toList();
    }

    /** The values of an array column. */
    static double[] doubles(Row row, String column) {
        int field = row.fieldIndex(column);
        return row.isNullAt(field)
                ? null
                : row.<Number>getList(field).stream()
                        .mapToDouble(Number::doubleValue)
                        .toArray();
    }
}
