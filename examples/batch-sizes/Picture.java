import java.util.List;
import java.util.SplittableRandom;

/** A picture of a character: its place, turn and warp, the line across it, the light and the noise are random. */
final class Picture {

    private static final double MOST_TURNED = 0.2; // radians
    private static final double WARP = 0.08; // heights of a capital
    private static final double NOISE = 0.15; // of the range from black to white
    private static final int LINES = 1;

    private final int size;
    private final SplittableRandom random;
    private final double height;
    private final double centerX;
    private final double centerY;
    private final double cosine;
    private final double sine;
    private final double warpPhase;
    private final double[] ink;

    Picture(int size, SplittableRandom random) {
        this.size = size;
        this.random = random;
        this.height = size * Randoms.between(random, 0.65, 0.8);
        this.centerX = size / 2.0 + Randoms.between(random, -1, 1);
        this.centerY = size / 2.0 + Randoms.between(random, -1, 1);
        double turn = Randoms.between(random, -MOST_TURNED, MOST_TURNED);
        this.cosine = StrictMath.cos(turn);
        this.sine = StrictMath.sin(turn);
        this.warpPhase = Randoms.between(random, 0, 2 * Math.PI);
        this.ink = new double[size * size];
    }

    /** Draws strokes, whose points are in heights of a capital, and lines across them that belong to no character. */
    void draw(List<double[][]> strokes, double weight) {
        for (double[][] stroke : strokes) {
            addInk(stroke, weight, 1);
        }
        for (int i = 0; i < LINES; i++) {
            double[][] line = new double[2][2];
            for (double[] end : line) {
                end[0] = Randoms.between(random, -0.8, 0.8);
                end[1] = Randoms.between(random, -0.8, 0.8);
            }
            addInk(line, 0.05, Randoms.between(random, 0.3, 0.9));
        }
    }

    private void addInk(double[][] stroke, double weight, double darkness) {
        for (int y = 0; y < size; y++) {
            for (int x = 0; x < size; x++) {
                double right = (x + 0.5 - centerX) / height;
                double down = (y + 0.5 - centerY) / height;
                double turnedX = cosine * right - sine * down;
                double turnedY = sine * right + cosine * down;
                double warpedX = turnedX + WARP * StrictMath.sin(6 * turnedY + warpPhase);
                double warpedY = turnedY + WARP * StrictMath.cos(6 * turnedX + warpPhase);
                // The pixel's share in the stroke, from its distance to the stroke's edge in pixels.
                double outside = (distance(stroke, warpedX, warpedY) - weight) * height;
                double covered = darkness * Math.max(0, Math.min(1, 0.5 - outside));
                ink[y * size + x] = Math.max(ink[y * size + x], covered);
            }
        }
    }

    private static double distance(double[][] stroke, double x, double y) {
        double nearest = Double.MAX_VALUE;
        for (int i = 1; i < stroke.length; i++) {
            double alongX = stroke[i][0] - stroke[i - 1][0];
            double alongY = stroke[i][1] - stroke[i - 1][1];
            double toX = x - stroke[i - 1][0];
            double toY = y - stroke[i - 1][1];
            double length = alongX * alongX + alongY * alongY;
            double place = length == 0 ? 0 : Math.max(0, Math.min(1, (toX * alongX + toY * alongY) / length));
            double offX = toX - place * alongX;
            double offY = toY - place * alongY;
            nearest = Math.min(nearest, offX * offX + offY * offY);
        }
        return Math.sqrt(nearest);
    }

    /** Lights the picture, adds noise, and copies it: light strokes on a dark ground, values around 0. */
    void copyTo(float[] pixels, int at) {
        double contrast = Randoms.between(random, 0.7, 1);
        double brightness = Randoms.between(random, -0.1, 0.1) - 0.3;
        double toTheRight = Randoms.between(random, -0.1, 0.1);
        double toTheBottom = Randoms.between(random, -0.1, 0.1);
        for (int i = 0; i < ink.length; i++) {
            double light = toTheRight * (i % size) / size + toTheBottom * (i / size) / size;
            pixels[at + i] = (float) (contrast * ink[i] + brightness + light + NOISE * Randoms.normal(random));
        }
    }
}
