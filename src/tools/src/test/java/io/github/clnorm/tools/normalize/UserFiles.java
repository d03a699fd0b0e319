package io.github.clnorm.tools.normalize;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.github.clnorm.reference.Reference;
import io.github.clnorm.tensorfile.TensorFile;
import io.github.clnorm.tensorfile.TestFiles;
import io.github.clnorm.testing.Errors;
import io.github.clnorm.testing.Values;
import io.github.clnorm.tools.testing.CommandLineFixture;
import io.github.clnorm.type.ElementType;
import java.util.ArrayList;
import java.util.List;

/** Normalizes files with a GroupNorm of two groups, and compares the results with float64. */
abstract class UserFiles extends CommandLineFixture {

    static final double[] GAMMA = Values.normal(ElementType.FLOAT32, 2, 8, 1, 1);
    static final double[] BETA = Values.normal(ElementType.FLOAT32, 3, 8, 0, 1);
    private static final double TOLERANCE = Errors.FORWARD;

    final Reference group = Reference.groupNorm(SHAPE, 1, 2);

    static byte[] npy(double[] values, long... shape) {
        return TestFiles.npy("<f8", TestFiles.python(shape), TestFiles.doubles(values));
    }

    final int group(Object from, Object to, Object... options) {
        List<Object> arguments = new ArrayList<>(List.of("run", "group_norm", "--num-groups=2", "-i", from, "-o", to));
        arguments.addAll(List.of(options));
        return execute(arguments.toArray());
    }

    final void assertNormalized(Object file, Reference reference) {
        assertHolds(file, reference.normalize(i -> x[i]), SHAPE);
    }

    static void assertHolds(Object file, double[] expected, long... shape) {
        TensorFile result = TensorFile.open(file.toString());
        assertArrayEquals(shape, result.shape());
        Errors.assertClose(expected, result.readFloats(), TOLERANCE, file.toString());
    }
}
