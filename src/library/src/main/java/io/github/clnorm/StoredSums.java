package io.github.clnorm;

import io.github.clnorm.internal.exact.CountedSums;
import io.github.clnorm.internal.geometry.Shapes;
import java.io.IOException;
import java.io.InvalidObjectException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.util.function.Function;

/** The serialized form of exact sums: which they are, and their bytes. */
final class StoredSums implements Serializable {

    private static final long serialVersionUID = 1;

    /** What the sums are. */
    enum Kind {
        MOMENTS(ChannelMoments::fromBytes),
        GRADIENTS(ChannelGradients::fromBytes);

        private final Function<byte[], Object> reader;

        Kind(Function<byte[], Object> reader) {
            this.reader = reader;
        }
    }

    private final Kind kind;
    // Written after the fields, and read in pieces: a wrong length then allocates no more than the stream has.
    private transient byte[] bytes;

    StoredSums(Kind kind, byte[] bytes) {
        this.kind = kind;
        this.bytes = bytes;
    }

    static int channels(long channels) {
        if (channels < 0 || channels > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("Expected 0 to 2^31 - 1 channels, got " + channels);
        }
        return (int) channels;
    }

    static String text(CountedSums sums) {
        return Shapes.count(sums.channels(), "channel") + ", " + Shapes.count(sums.count(), "element") + " each";
    }

    private void writeObject(ObjectOutputStream out) throws IOException {
        out.defaultWriteObject();
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    private void readObject(ObjectInputStream in) throws IOException, ClassNotFoundException {
        in.defaultReadObject();
        int length = in.readInt();
        bytes = length < 0 ? new byte[0] : in.readNBytes(length);
        if (bytes.length != length) {
            throw new InvalidObjectException("Expected exact sums of " + length + " bytes, got " + bytes.length);
        }
    }

    private Object readResolve() throws InvalidObjectException {
        if (kind == null) {
            throw new InvalidObjectException("Expected the kind of exact sums, got none");
        }
        try {
            return kind.reader.apply(bytes);
        } catch (IllegalArgumentException e) {
            InvalidObjectException invalid = new InvalidObjectException(e.getMessage());
            invalid.initCause(e);
            throw invalid;
        }
    }
}
