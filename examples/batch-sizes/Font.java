import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A font: how the skeleton of a character becomes strokes. Lengths are in heights of a capital.
 *
 * @param width of a character
 * @param weight half the width of a stroke
 * @param slant how far the top is to the right of the bottom
 * @param rounds how many times corners are cut: 0 is angular, 3 round
 * @param serif half the length of the line at each end of a stroke; 0 for none
 * @param freedom how far points are from their places in the skeleton
 */
record Font(double width, double weight, double slant, int rounds, double serif, double freedom) {

    static Font random(SplittableRandom random) {
        return new Font(
                Randoms.between(random, 0.55, 1),
                Randoms.between(random, 0.05, 0.12),
                Randoms.between(random, -0.1, 0.35),
                random.nextInt(4),
                random.nextInt(3) == 0 ? Randoms.between(random, 0.08, 0.16) : 0,
                Randoms.between(random, 0.01, 0.06));
    }

    /** The strokes of a character around (0, 0), each an array of points (x, y). */
    List<double[][]> strokes(String skeleton, SplittableRandom random) {
        List<double[][]> strokes = new ArrayList<>();
        for (String stroke : skeleton.split(";")) {
            String[] places = stroke.split(" ");
            double[][] points = new double[places.length][];
            for (int i = 0; i < points.length; i++) {
                double x = (places[i].charAt(0) - '0') / 8.0 - 0.5 + freedom * Randoms.normal(random);
                double y = (places[i].charAt(1) - '0') / 8.0 - 0.5 + freedom * Randoms.normal(random);
                points[i] = new double[] {width * x - slant * y, y};
            }
            for (int round = 0; round < rounds; round++) {
                points = cutCorners(points);
            }
            strokes.add(points);
            if (serif > 0) {
                strokes.add(serif(points[0]));
                strokes.add(serif(points[points.length - 1]));
            }
        }
        return strokes;
    }

    /** Replaces each point between the ends by one before and one after it (Chaikin 1974). */
    private static double[][] cutCorners(double[][] points) {
        List<double[]> cut = new ArrayList<>();
        cut.add(points[0]);
        for (int i = 1; i < points.length - 1; i++) {
            cut.add(between(points[i], points[i - 1]));
            cut.add(between(points[i], points[i + 1]));
        }
        cut.add(points[points.length - 1]);
        return cut.toArray(double[][]::new);
    }

    private static double[] between(double[] near, double[] far) {
        return new double[] {0.75 * near[0] + 0.25 * far[0], 0.75 * near[1] + 0.25 * far[1]};
    }

    private double[][] serif(double[] end) {
        return new double[][] {{end[0] - serif, end[1]}, {end[0] + serif, end[1]}};
    }
}
