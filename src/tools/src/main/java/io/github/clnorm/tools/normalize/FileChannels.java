package io.github.clnorm.tools.normalize;

import io.github.clnorm.internal.geometry.Shapes;
import io.github.clnorm.internal.stream.TensorSource;
import io.github.clnorm.tensorfile.Elements;
import io.github.clnorm.tensorfile.Sink;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;

/** Tensor files as channels of their elements, of which the first ones are kept. Each is used by one thread at a time. */
final class FileChannels {
    private FileChannels() {}

    /** The elements of a file, in order, or where a pass reads them twice, in any order. */
    private static final class Source implements ReadableByteChannel, TensorSource {
        private final Elements elements;
        private final long count;
        private final int elementBytes;
        private final FirstElements first;
        private long read;

        Source(Elements elements, long count, int elementBytes, FirstElements first) {
            this.elements = elements;
            this.count = count;
            this.elementBytes = elementBytes;
            this.first = first;
        }

        @Override
        public int read(ByteBuffer target) {
            if (read == count) {
                return -1;
            }
            ByteBuffer part = target.duplicate().order(target.order());
            part.limit(part.position() + (int) Math.min(part.remaining(), (count - read) * elementBytes));
            int bytes = part.remaining();
            read(read, part);
            read += bytes / elementBytes;
            target.position(target.position() + bytes);
            return bytes;
        }

        @Override
        public void read(long element, ByteBuffer into) {
            ByteBuffer part = into.duplicate().order(into.order());
            // A file is read by one thread at a time.
            synchronized (elements) {
                elements.read(element, into);
            }
            first.put(element, part);
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {
            elements.close();
        }
    }

    /** The elements of a file of the input's shape. Every buffer must have room for whole elements. */
    static ReadableByteChannel source(Request request, Elements elements, FirstElements first) {
        return new Source(elements, Shapes.elements(request.shape), request.type.bytes(), first);
    }

    /** Appends to a file. */
    static WritableByteChannel target(Sink sink, FirstElements first) {
        return new WritableByteChannel() {
            @Override
            public int write(ByteBuffer source) throws IOException {
                int bytes = source.remaining();
                first.add(source);
                sink.write(source);
                return bytes;
            }

            @Override
            public boolean isOpen() {
                return true;
            }

            @Override
            public void close() throws IOException {
                sink.close();
            }
        };
    }
}
