package io.github.clnorm.spark;

import io.github.clnorm.Backend;
import io.github.clnorm.ChannelMoments;
import io.github.clnorm.Functional;
import io.github.clnorm.Options;
import io.github.clnorm.Tensor;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** A data set of 23 samples of shape (3, 5, 7), and its moments by the library alone, without Spark. */
final class Images {
    static final int COUNT = 23;
    static final int CHANNELS = 3;
    static final long[] SHAPE = {CHANNELS, 5, 7};
    static final int ELEMENTS = CHANNELS * 5 * 7;
    static final DataType FLOATS = DataTypes.createArrayType(DataTypes.FloatType);
    static final DataType DOUBLES = DataTypes.createArrayType(DataTypes.DoubleType);

    private Images() {}

    /** Samples of unlike sizes, so that roundings differ with the order of additions. */
    static double[] doubles(int number) {
        Random random = new Random(number);
        double scale = Math.pow(10, number % 5 - 2);
        return random.doubles(ELEMENTS).map(value -> scale * (value - 0.3)).toArray();
    }

    static float[] floats(int number) {
        return floats(doubles(number));
    }

    static float[] floats(double... values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            floats[i] = (float) values[i];
        }
        return floats;
    }

    static List<float[]> all() {
        List<float[]> all = new ArrayList<>();
        for (int i = 0; i < COUNT; i++) {
            all.add(floats(i));
        }
        return all;
    }

    /** The moments of the whole data set, as one batch. */
    static ChannelMoments moments(ElementType type, Layout layout, long... shape) {
        double[] values = new double[COUNT * ELEMENTS];
        for (int i = 0; i < COUNT; i++) {
            System.arraycopy(doubles(i), 0, values, i * ELEMENTS, ELEMENTS);
        }
        long[] batch =
                LongStream.concat(LongStream.of(COUNT), LongStream.of(shape)).toArray();
        try (Backend backend = Backend.open();
                Tensor x = backend.tensor(type, values, batch)) {
            return Functional.channelMoments(x, Options.DEFAULTS.layout(layout));
        }
    }

    static ChannelMoments moments() {
        return moments(ElementType.FLOAT32, Layout.CHANNELS_FIRST, SHAPE);
    }

    /** Rows of a number and a value. */
    static Dataset<Row> rows(SparkSession session, DataType type, List<?> values) {
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < values.size(); i++) {
            rows.add(RowFactory.create(100 + i, values.get(i)));
        }
        return session.createDataFrame(rows, schema(type));
    }

    static StructType schema(DataType type) {
        return new StructType().add("id", DataTypes.IntegerType).add("x", type);
    }
}
