package io.github.clnorm.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.Backend;
import io.github.clnorm.Fingerprint;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.expressions.UserDefinedFunction;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.util.LongAccumulator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Normalizations among the operations of Spark SQL: its cache, names of columns, and several actions. */
class SparkSqlTest {
    private static final int COUNT = 23;

    private static Cluster cluster;
    private static List<double[]> expected;
    private static Fingerprint device;

    @BeforeAll
    static void open() {
        expected = Samples.expected(COUNT);
        try (Backend backend = Backend.open()) {
            device = backend.fingerprint();
        }
        cluster = Cluster.local();
    }

    @AfterAll
    static void close() {
        cluster.close();
    }

    private static Dataset<Row> data(int partitions) {
        return Samples.floatRows(cluster.session(), COUNT, partitions);
    }

    @Test
    void dataThatWasCachedAfterItsFirstActionIsReadFromTheCache() {
        LongAccumulator calls = cluster.context().sc().longAccumulator();
        UserDefinedFunction counting = functions.udf(
                (UDF1<Integer, Integer>) id -> {
                    calls.add(1L);
                    return id;
                },
                DataTypes.IntegerType);
        Dataset<Row> counted =
                data(2).withColumn("counted", counting.asNondeterministic().apply(functions.col("id")));
        counted.collectAsList();
        assertEquals(COUNT, calls.sum());
        counted.cache();
        try {
            counted.foreach(row -> {});
            long before = calls.sum();
            NormalizedRows result = Samples.normalize(counted).normalized();
            NormalizationTest.assertBits(expected, Samples.results(result.rows(), "y"));
            assertEquals(before, calls.sum());
        } finally {
            counted.unpersist(true);
        }
    }

    @Test
    void namesOfColumnsAreThoseOfSparksResolver() {
        Dataset<Row> rows =
                Samples.normalize(data(2)).input("X").output("X").normalized().rows();
        assertEquals(List.of("id", "X", "label"), List.of(rows.columns()));
        NormalizationTest.assertBits(expected, Samples.results(rows, "X"));
        cluster.session().conf().set("spark.sql.caseSensitive", "true");
        try {
            Dataset<Row> added =
                    Samples.normalize(data(2)).output("X").normalized().rows();
            assertEquals(List.of("id", "x", "label", "X"), List.of(added.columns()));
            NormalizationTest.assertBits(expected, Samples.results(added, "X"));
        } finally {
            cluster.session().conf().unset("spark.sql.caseSensitive");
        }
    }

    @Test
    void anActionOnAPartDoesNotReplaceTheCountOfAllRows() {
        NormalizedRows result = Samples.normalize(data(2)).batch(2).normalized();
        result.run(rows -> rows.limit(1).collectAsList());
        assertTrue(result.report().allSamples() < COUNT, result.report().explain());
        result.run(Dataset::collectAsList);
        assertEquals(Map.of(device, (long) COUNT), result.report().samples());
        result.run(rows -> rows.limit(3).collectAsList());
        result.run(rows -> rows.show(1));
        assertEquals(Map.of(device, (long) COUNT), result.report().samples());
    }
}
