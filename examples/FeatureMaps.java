import io.github.clnorm.tensorfile.TensorOutput;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Makes feature-maps.npy: the output of 16 convolution filters for two pictures, float32 of shape (2, 16, 80, 96).
 *
 * <p>The pictures are rendered here, so that no copyright applies: hills of fractal noise under a sky, shaded balls on
 * a tiled floor. The filters resemble the first layer of trained networks: blurs, Laplacians,
 * edges, colour differences and Gabor filters of four orientations and two scales, rectified. Like feature maps, the
 * channels have very different means and heavy tails.
 *
 * <p>Run from the top of the project: {@code java -cp 'target/clnorm.jar:target/lib/*' examples/FeatureMaps.java}
 */
public final class FeatureMaps {

    private static final int HEIGHT = 80;
    private static final int WIDTH = 96;
    private static final int CHANNELS = 16;
    private static final int RADIUS = 6;

    private FeatureMaps() {}

    public static void main(String[] arguments) throws IOException {
        double[][][] pictures = {hills(), balls()};
        float[] maps = new float[pictures.length * CHANNELS * HEIGHT * WIDTH];
        int at = 0;
        for (double[][] picture : pictures) {
            for (int channel = 0; channel < CHANNELS; channel++) {
                for (double value : map(channel, picture)) {
                    maps[at++] = (float) value;
                }
            }
        }
        try (TensorOutput output = new TensorOutput()) {
            output.write(Path.of("examples/feature-maps.npy"), maps, pictures.length, CHANNELS, HEIGHT, WIDTH);
            output.commit();
        }
    }

    /** One feature map of a picture (red, green, blue planes of values from 0 to 255). */
    private static double[] map(int channel, double[][] rgb) {
        double[] grey = combine(rgb, 0.299, 0.587, 0.114);
        if (channel < 2) {
            return convolve(grey, gaussian(1 + channel));
        }
        if (channel < 4) {
            return convolve(grey, laplacian(channel - 1));
        }
        if (channel < 6) {
            return convolve(grey, gabor(1.5, channel == 4 ? 0 : Math.PI / 2, 12, Math.PI / 2));
        }
        if (channel < 8) {
            double[] opponent = channel == 6 ? combine(rgb, 1, -1, 0) : combine(rgb, 0.5, 0.5, -1);
            return convolve(opponent, gaussian(1.5));
        }
        int index = channel - 8;
        double scale = index < 4 ? 1.5 : 2.5;
        double[] filtered = convolve(grey, gabor(scale, Math.PI / 4 * (index % 4), 3 * scale, 0));
        for (int i = 0; i < filtered.length; i++) {
            filtered[i] = Math.max(0, filtered[i]);
        }
        return filtered;
    }

    private static double[] combine(double[][] rgb, double red, double green, double blue) {
        double[] plane = new double[HEIGHT * WIDTH];
        for (int i = 0; i < plane.length; i++) {
            plane[i] = red * rgb[0][i] + green * rgb[1][i] + blue * rgb[2][i];
        }
        return plane;
    }

    /** The filter applied at every position; the picture's edge is repeated outside it. */
    private static double[] convolve(double[] plane, double[][] filter) {
        double[] result = new double[plane.length];
        for (int row = 0; row < HEIGHT; row++) {
            for (int column = 0; column < WIDTH; column++) {
                double sum = 0;
                for (int i = -RADIUS; i <= RADIUS; i++) {
                    for (int j = -RADIUS; j <= RADIUS; j++) {
                        int y = Math.min(HEIGHT - 1, Math.max(0, row + i));
                        int x = Math.min(WIDTH - 1, Math.max(0, column + j));
                        sum += filter[i + RADIUS][j + RADIUS] * plane[y * WIDTH + x];
                    }
                }
                result[row * WIDTH + column] = sum;
            }
        }
        return result;
    }

    private interface Filter {
        double at(double x, double y);
    }

    private static double[][] sample(Filter filter) {
        double[][] values = new double[2 * RADIUS + 1][2 * RADIUS + 1];
        for (int i = -RADIUS; i <= RADIUS; i++) {
            for (int j = -RADIUS; j <= RADIUS; j++) {
                values[i + RADIUS][j + RADIUS] = filter.at(j, i);
            }
        }
        return values;
    }

    private static double bell(double x, double y, double sigma) {
        return StrictMath.exp(-(x * x + y * y) / (2 * sigma * sigma)) / (2 * Math.PI * sigma * sigma);
    }

    private static double[][] gaussian(double sigma) {
        return sample((x, y) -> bell(x, y, sigma));
    }

    private static double[][] laplacian(double sigma) {
        return sample((x, y) -> (x * x + y * y - 2 * sigma * sigma) / (sigma * sigma) * bell(x, y, sigma));
    }

    private static double[][] gabor(double sigma, double angle, double wavelength, double phase) {
        return sample((x, y) -> bell(x, y, sigma)
                * StrictMath.cos(
                        2 * Math.PI * (x * StrictMath.cos(angle) + y * StrictMath.sin(angle)) / wavelength + phase));
    }

    /** Three ridges of fractal noise, darker the nearer, under a sky that is brightest at the horizon. */
    private static double[][] hills() {
        double[][] rgb = new double[3][HEIGHT * WIDTH];
        for (int row = 0; row < HEIGHT; row++) {
            for (int column = 0; column < WIDTH; column++) {
                double height = (double) row / HEIGHT;
                double[] colour = {120 + 110 * height, 160 + 60 * height, 225 - 20 * height};
                for (int ridge = 0; ridge < 3; ridge++) {
                    double top = 0.35 + 0.18 * ridge - 0.25 * fractal(column * 0.035 + 17 * ridge, 3.5 * ridge);
                    if (height > top) {
                        double texture = fractal(column * 0.12 + 31 * ridge, row * 0.12);
                        double light = (0.95 - 0.27 * ridge) * (0.45 + texture);
                        colour = new double[] {90 * light, 120 * light, (95 - 25 * ridge) * light};
                    }
                }
                put(rgb, row, column, colour);
            }
        }
        return rgb;
    }

    /** Four shaded balls with highlights above a tiled floor. */
    private static double[][] balls() {
        double[][] spheres = {{26, 40, 18, 230, 60, 40}, {62, 32, 13, 60, 130, 230}, {80, 58, 9, 240, 220, 70}, {50, 62, 7, 90, 200, 90}};
        double[][] rgb = new double[3][HEIGHT * WIDTH];
        for (int row = 0; row < HEIGHT; row++) {
            for (int column = 0; column < WIDTH; column++) {
                double[] colour = {40 + row, 45 + row, 60 + row};
                if (row > 44) {
                    double depth = 400.0 / (row - 43);
                    int tile = (int) Math.floor(depth) + (int) Math.floor((column - 48) * depth / 60 + 100);
                    double light = 20 + 210.0 * (row - 44) / HEIGHT;
                    colour = tile % 2 == 0 ? new double[] {light, light, light} : new double[] {light / 4, light / 5, light / 4};
                }
                for (double[] sphere : spheres) {
                    double x = (column - sphere[0]) / sphere[2];
                    double y = (row - sphere[1]) / sphere[2];
                    double rest = 1 - x * x - y * y;
                    if (rest > 0) {
                        double lit = Math.max(0.08, (-0.5 * x - 0.6 * y + 0.62 * Math.sqrt(rest)));
                        double shine = 200 * StrictMath.pow(Math.max(0, lit), 24);
                        colour = new double[] {sphere[3] * lit + shine, sphere[4] * lit + shine, sphere[5] * lit + shine};
                    }
                }
                put(rgb, row, column, colour);
            }
        }
        return rgb;
    }

    private static void put(double[][] rgb, int row, int column, double[] colour) {
        for (int i = 0; i < 3; i++) {
            rgb[i][row * WIDTH + column] = Math.min(255, Math.max(0, colour[i]));
        }
    }

    /** Value noise summed over five octaves, from 0 to 1. */
    private static double fractal(double x, double y) {
        double sum = 0;
        double weight = 0.5;
        for (int octave = 0; octave < 5; octave++) {
            sum += weight * noise(x, y);
            x = 2 * x + 13.7;
            y = 2 * y + 5.3;
            weight /= 2;
        }
        return sum;
    }

    private static double noise(double x, double y) {
        long column = (long) Math.floor(x);
        long row = (long) Math.floor(y);
        double u = smooth(x - column);
        double v = smooth(y - row);
        double top = (1 - u) * grain(column, row) + u * grain(column + 1, row);
        double bottom = (1 - u) * grain(column, row + 1) + u * grain(column + 1, row + 1);
        return (1 - v) * top + v * bottom;
    }

    private static double smooth(double t) {
        return t * t * (3 - 2 * t);
    }

    private static double grain(long column, long row) {
        long hash = column * 0x9E3779B97F4A7C15L + row * 0xC2B2AE3D27D4EB4FL;
        hash = (hash ^ hash >>> 29) * 0xBF58476D1CE4E5B9L;
        return (hash >>> 11) * 0x1p-53;
    }
}
