import io.github.clnorm.Backend;
import java.util.SplittableRandom;

/** Trains networks on letters, and measures their errors on letters in other fonts. Thread-safe. */
final class Training implements AutoCloseable {

    private static final int FONTS = 60;
    private static final int TEST_BATCH = 100;
    private static final int MEASURED_BATCH = 128;

    private final Backend backend;
    private final Settings settings;
    private final Images letters;
    private final Images tests;
    private Network pretrained;

    Training(Backend backend, Settings settings) {
        this.backend = backend;
        this.settings = settings;
        this.letters = Glyphs.ofLetters(settings.images(), FONTS, 1);
        this.tests = Glyphs.ofLetters(settings.testImages(), FONTS, 2);
    }

    /** The share of the test images that a network gets wrong after its training, in percent. */
    double error(Run run) {
        SplittableRandom random = new SplittableRandom(run.seed());
        boolean remeasured = run.method() == Method.REMEASURED;
        Method trained = remeasured ? Method.BATCH : run.method();
        try (Network network = new Network(backend, trained, Glyphs.letters(), random)) {
            if (trained == Method.FROZEN) {
                network.copyBody(pretrained());
            }
            train(network, letters, run.batch(), random);
            return remeasured ? errorWithNewStatistics(network) : test(network);
        }
    }

    /** A network with BatchNorm that has learned digits, as detectors begin with one that has learned ImageNet. */
    private synchronized Network pretrained() {
        if (pretrained == null) {
            SplittableRandom random = new SplittableRandom(0);
            pretrained = new Network(backend, Method.BATCH, Glyphs.digits(), random);
            train(pretrained, Glyphs.ofDigits(settings.images(), FONTS, 3), Settings.USUAL_BATCH, random);
        }
        return pretrained;
    }

    private void train(Network network, Images images, int batch, SplittableRandom random) {
        network.training(true);
        int[] order = Randoms.permutation(random, images.count());
        for (int from = 0; from < order.length; from += batch) {
            Images chosen = images.batch(order, from, from + batch);
            CrossEntropy result = CrossEntropy.of(network.scores(chosen.maps(), batch), chosen.labels());
            network.backward(result.gradient());
            network.step(settings.rate(batch, (double) from / order.length));
        }
    }

    private double errorWithNewStatistics(Network network) {
        SplittableRandom random = new SplittableRandom(0);
        try (Network measured = new Network(backend, Method.REMEASURED, Glyphs.letters(), random)) {
            measured.copyFrom(network);
            measured.training(true);
            int[] order = Randoms.permutation(random, letters.count());
            for (int from = 0; from < order.length; from += MEASURED_BATCH) {
                Images chosen = letters.batch(order, from, from + MEASURED_BATCH);
                measured.scores(chosen.maps(), chosen.count());
            }
            return test(measured);
        }
    }

    private double test(Network network) {
        network.training(false);
        int errors = 0;
        for (int from = 0; from < tests.count(); from += TEST_BATCH) {
            Images chosen = tests.part(from, from + TEST_BATCH);
            float[][] scores = network.scores(chosen.maps(), chosen.count());
            errors += CrossEntropy.of(scores, chosen.labels()).errors();
        }
        return 100.0 * errors / tests.count();
    }

    @Override
    public synchronized void close() {
        if (pretrained != null) {
            pretrained.close();
        }
    }
}
