package io.github.clnorm.internal.fleet;

/**
 * The samples of a tensor, divided into pieces that each go to one device.
 *
 * <p>Immutable and thread-safe.
 *
 * @param samples of the tensor
 * @param perPiece samples of each piece but the last one, which may have fewer
 */
public record SamplePieces(long samples, long perPiece) {

    /** Below it, the overhead of a piece is a large part of its time. */
    public static final long LEAST_BYTES = 1 << 20;

    // Above it, devices wait for the first piece longer than the overhead of several pieces.
    private static final long MOST_BYTES = 16 << 20;
    // Of the device with the smallest share.
    private static final int PER_DEVICE = PieceRun.IN_FLIGHT;

    /**
     * Divides a tensor.
     *
     * @param samples its samples, one or more
     * @param sampleBytes the size of each
     * @param smallestShare the smallest weight of a device that has a share
     * @param leastBytes the size of a piece, unless the tensor is smaller; {@link #LEAST_BYTES} but for tests
     * @param mostBytes what every device can hold of a piece, at least one sample
     * @return the pieces: two for the device with the smallest share, of 1 to 16 MiB unless a sample is larger
     */
    public static SamplePieces of(
            long samples, long sampleBytes, double smallestShare, long leastBytes, long mostBytes) {
        long each = (long) (samples * sampleBytes * smallestShare / PER_DEVICE);
        long wanted = Math.min(mostBytes, Math.max(leastBytes, Math.min(MOST_BYTES, each)));
        return new SamplePieces(samples, Math.min(samples, Math.max(1, wanted / sampleBytes)));
    }

    /**
     * The number of pieces.
     *
     * @return 1 or more
     */
    public int count() {
        return Math.toIntExact((samples + perPiece - 1) / perPiece);
    }

    /**
     * The first sample of a piece.
     *
     * @param piece its index
     * @return the sample's index
     */
    public long first(int piece) {
        return piece * perPiece;
    }

    /**
     * The samples of a piece.
     *
     * @param piece its index
     * @return their number
     */
    public long size(int piece) {
        return Math.min(perPiece, samples - first(piece));
    }
}
