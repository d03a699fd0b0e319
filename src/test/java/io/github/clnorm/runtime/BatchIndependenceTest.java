package io.github.clnorm.runtime;

import static io.github.clnorm.testing.Errors.assertSameBits;

import io.github.clnorm.Backend;
import io.github.clnorm.geometry.Geometry;
import io.github.clnorm.geometry.GroupNormGeometry;
import io.github.clnorm.geometry.Shapes;
import io.github.clnorm.testing.OnEveryDevice;
import io.github.clnorm.testing.Values;
import java.util.Arrays;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;

/** A sample's bits do not depend on its batch, nor on how often or in how many launches it is computed. */
@Tag("device")
class BatchIndependenceTest {

    private static float[] normalize(Session session, float[] x, long groups, float[] weight, long... shape) {
        Geometry geometry = GroupNormGeometry.of(shape, groups);
        return PlanRun.of(session, geometry, session.planner().plan(geometry), x, weight, weight, 1e-5).output();
    }

    private static long[] shape(long batch, long... sample) {
        return LongStream.concat(LongStream.of(batch), LongStream.of(sample)).toArray();
    }

    @OnEveryDevice
    void aSampleAloneHasTheBitsItHasInABatch(Backend backend) {
        Session session = backend.session();
        for (long[] sample : new long[][] {{6, 5}, {6, 33, 31}, {6, 1}, {6, 40_000}}) {
            int size = (int) Shapes.elements(sample);
            float[] weight = Values.normal(3, 6, 1, 1);
            float[] x = Values.normal(1, 9 * size, 10, 2);
            float[] batch = normalize(session, x, 3, weight, shape(9, sample));
            for (int n : new int[] {0, 4, 8}) {
                float[] alone = Arrays.copyOfRange(x, n * size, (n + 1) * size);
                assertSameBits(
                        Arrays.copyOfRange(batch, n * size, (n + 1) * size),
                        normalize(session, alone, 3, weight, shape(1, sample)),
                        "sample " + n + " of " + Arrays.toString(sample));
            }
        }
    }

    @OnEveryDevice
    void permutingSamplesPermutesResults(Backend backend) {
        int size = 4 * 700;
        float[] x = Values.normal(2, 3 * size, 0, 1);
        float[] permuted = new float[x.length];
        int[] order = {2, 0, 1};
        for (int n = 0; n < 3; n++) {
            System.arraycopy(x, order[n] * size, permuted, n * size, size);
        }
        float[] y = normalize(backend.session(), x, 2, null, 3, 4, 700);
        float[] z = normalize(backend.session(), permuted, 2, null, 3, 4, 700);
        for (int n = 0; n < 3; n++) {
            assertSameBits(
                    Arrays.copyOfRange(y, order[n] * size, (order[n] + 1) * size),
                    Arrays.copyOfRange(z, n * size, (n + 1) * size),
                    "sample " + n);
        }
    }

    @OnEveryDevice
    void twoRunsGiveTheSameBits(Backend backend) {
        float[] x = Values.normal(4, 2 * 8 * 5000, 5, 1);
        assertSameBits(
                normalize(backend.session(), x, 4, null, 2, 8, 5000),
                normalize(backend.session(), x, 4, null, 2, 8, 5000),
                "second run");
    }
}
