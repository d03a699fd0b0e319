package io.github.clnorm.tensorfile;

import java.nio.file.Path;
import java.util.stream.IntStream;

/**
 * Files that NumPy 2.4.6 and ml_dtypes 0.6.0 wrote:
 *
 * <pre>{@code
 * a = np.arange(24, dtype=np.float32).reshape(2, 3, 4) / 4
 * arrays = dict(weight=a, big=np.asfortranarray(a.astype('>f8')), half=a.astype('>f2'),
 *               brain=a.astype(ml_dtypes.bfloat16), count=np.array(7, dtype='>i4'))
 * arrays['größe/γ'] = np.array([1, 2], dtype=np.float32)
 * np.savez('savez.npz', **arrays)
 * np.savez_compressed('savez_compressed.npz', **arrays)
 * np.save('bfloat16-little.npy', a.astype(ml_dtypes.bfloat16))
 * np.save('bfloat16-big.npy', a.astype(np.dtype(ml_dtypes.bfloat16).newbyteorder('>')))
 * np.save('bfloat16-resaved.npy', np.load('bfloat16-little.npy'))
 * }</pre>
 */
final class NumPyFiles {

    static final long[] SHAPE = {2, 3, 4};

    private NumPyFiles() {}

    static Path of(String name) {
        return Path.of("src/library/src/test/resources/io/github/clnorm/tensorfile", name)
                .toAbsolutePath();
    }

    /** The array a. */
    static double[] values() {
        return IntStream.range(0, 24).mapToDouble(i -> i / 4.0).toArray();
    }
}
