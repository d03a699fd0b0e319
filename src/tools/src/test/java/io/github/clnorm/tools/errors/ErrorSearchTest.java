package io.github.clnorm.tools.errors;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.Backend;
import io.github.clnorm.NormSpec;
import io.github.clnorm.testing.TestDevices;
import io.github.clnorm.type.Activation;
import io.github.clnorm.type.Layout;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The search for large errors: repeatable, and right about what it finds. */
class ErrorSearchTest {

    private static final Scenario ROWS = scenario(NormSpec.Kind.LAYER_NORM, Layout.CHANNELS_FIRST, 4, 1024);
    private static final Scenario COLUMNS = scenario(NormSpec.Kind.INSTANCE_NORM, Layout.CHANNELS_LAST, 2, 128, 64);

    private static Scenario scenario(NormSpec.Kind operation, Layout layout, long... shape) {
        return new Scenario(operation, layout, 1, 1e-5, Activation.NONE, false, 1, 0, 0, shape);
    }

    @ParameterizedTest
    @EnumSource
    void valuesDependOnTheSeedAlone(Distribution distribution) {
        double[] first = new double[1024];
        double[] second = new double[1024];
        distribution.fill(new SplittableRandom(7), ROWS, first);
        distribution.fill(new SplittableRandom(7), ROWS, second);
        assertArrayEquals(first, second);
        assertTrue(Arrays.stream(first).allMatch(Double::isFinite));
        distribution.fill(new SplittableRandom(8), ROWS, second);
        assertFalse(Arrays.equals(first, second));
    }

    @Test
    void stepsAreThoseOfTheKernels() {
        assertFalse(ROWS.acrossRows());
        assertEquals(64, ROWS.step());
        assertTrue(COLUMNS.acrossRows());
        assertEquals(1, COLUMNS.step());
        Scenario shortRows = scenario(NormSpec.Kind.INSTANCE_NORM, Layout.CHANNELS_LAST, 2, 4096, 16);
        assertEquals(4, shortRows.step());
    }

    @Test
    void aLargerBatchOrMoreChannelsGiveMoreSets() {
        assertEquals(32, ROWS.withSets(32).sets());
        assertEquals(1024, ROWS.withSets(32).setSize());
        assertEquals(128, COLUMNS.withSets(128).sets());
        Scenario batch = scenario(NormSpec.Kind.BATCH_NORM, Layout.CHANNELS_FIRST, 8, 3, 5);
        assertEquals(96, batch.withSets(96).sets());
        assertEquals(40, batch.withSets(96).setSize());
    }

    /** The errors of a float32 sum along a lane all have one sign, and are nearly the largest that they can be. */
    @Test
    void valuesAreRoundedAlike() {
        double largest = 0;
        for (int seed = 0; seed < 20; seed++) {
            double[] set = new double[128];
            RoundedAlike.fill(
                    new SplittableRandom(seed),
                    scenario(NormSpec.Kind.INSTANCE_NORM, Layout.CHANNELS_LAST, 1, 128, 64),
                    set);
            float squares = 0;
            double exact = 0;
            for (double value : set) {
                squares = Math.fma((float) value, (float) value, squares);
                exact += value * value;
            }
            largest = Math.max(largest, Math.abs(squares / exact - 1));
        }
        assertTrue(largest > 15 * 0x1p-24, "largest error " + largest);
    }

    @Test
    void theWorstOfEachGroupComesFirst() {
        Worst worst = new Worst();
        worst.add("a", found(3e-7, ROWS));
        worst.add("b", found(2e-7, ROWS));
        worst.add("c", found(1e-7, COLUMNS));
        worst.add("c", found(5e-8, COLUMNS));
        worst.add("d", new Found(new SetError(1, 1, 0, false), COLUMNS, "outside"));
        worst.add("e", new Found(new SetError(Double.NaN, Double.NaN, 0, true), COLUMNS, "missing"));
        List<Double> errors = worst.ofEachGroup(10).stream()
                .map(found -> found.error().promised())
                .toList();
        assertEquals(List.of(3e-7, 1e-7, 2e-7), errors);
    }

    private static Found found(double error, Scenario scenario) {
        return new Found(new SetError(error, error, 0, true), scenario, "test", 1, 2);
    }

    @Test
    void foundSetsAreTheSameAfterReading() throws IOException {
        Found found =
                new Found(new SetError(1.5e-7, 0, 0, true), COLUMNS, "test", 0.1f, 0.1f, -0f, Float.MIN_VALUE, 3e38f);
        List<Found> read = FoundJson.parse(FoundJson.text(List.of(found, found)));
        assertEquals(2, read.size());
        assertArrayEquals(found.values(), read.get(1).values());
        assertArrayEquals(COLUMNS.shape(), read.get(1).scenario().shape());
        assertEquals(COLUMNS.toString(), read.get(1).scenario().toString());
        assertEquals(1.5e-7, read.get(1).error().promised());
    }

    /** Equal sets have equal errors, wherever they lie. */
    @Test
    @Tag("device")
    void theErrorOfASetDoesNotDependOnItsPlace() {
        Backend backend = TestDevices.first();
        for (Scenario scenario : List.of(ROWS, COLUMNS)) {
            float[] values = new float[scenario.setSize()];
            SplittableRandom random = new SplittableRandom(3);
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) (100 + Distribution.gaussian(random));
            }
            try (Evaluation evaluation = new Evaluation(backend, scenario)) {
                Found found = new Found(new SetError(0, 0, 0, true), scenario, "test", values);
                SetError[] errors = evaluation.errors(found.input(scenario.sets()));
                assertEquals(1, Arrays.stream(errors).distinct().count(), Arrays.toString(errors));
                assertTrue(errors[0].promised() > 0 && errors[0].promised() < 1e-6, errors[0].toString());
                assertTrue(errors[0].inDomain());
                assertEquals(errors[0].plain(), errors[0].promised());
            }
        }
    }

    @Test
    @Tag("device")
    void aClimbIsRepeatableAndOnlyGoesUp() {
        Backend backend = TestDevices.first();
        double[] drawn = new double[COLUMNS.setSize()];
        Distribution.CONSTANT_PLUS_ONE.fill(new SplittableRandom(1), COLUMNS, drawn);
        float[] values = new float[drawn.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) drawn[i];
        }
        Found start = new Found(new SetError(0, 0, 0, true), COLUMNS, "test", values);
        Found once = new HillClimb(backend, 5).run(start, 16);
        Found twice = new HillClimb(backend, 5).run(start, 16);
        assertArrayEquals(once.values(), twice.values());
        assertEquals(once.error(), twice.error());
        try (Evaluation evaluation = new Evaluation(backend, COLUMNS)) {
            double before = evaluation.errors(start.input(COLUMNS.sets()))[0].promised();
            assertTrue(once.error().promised() > before, once.error() + " and " + before);
        }
    }

    @Test
    @Tag("device")
    void aSearchIsRepeatable() {
        Backend backend = TestDevices.first();
        RandomSearch once = new RandomSearch(backend, 11);
        once.run(200, done -> {});
        RandomSearch twice = new RandomSearch(backend, 11);
        twice.run(200, done -> {});
        assertTrue(once.problems() >= 200);
        assertEquals(once.tables(), twice.tables());
        assertEquals(once.scenarios(), twice.scenarios());
    }
}
