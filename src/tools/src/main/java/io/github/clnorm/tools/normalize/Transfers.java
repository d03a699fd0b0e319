package io.github.clnorm.tools.normalize;

import io.github.clnorm.Backend;
import io.github.clnorm.Tensor;
import io.github.clnorm.tensorfile.Elements;
import io.github.clnorm.tensorfile.Sink;
import io.github.clnorm.type.ElementType;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Tensors on their way between files and a device, piece by piece: Java's memory does not matter. */
final class Transfers {
    private Transfers() {}

    /** A new tensor with the elements of a part. */
    static Tensor upload(Backend backend, ElementType type, Elements elements, Parts.Part part) {
        Tensor tensor = backend.empty(type, part.shape());
        try {
            fill(tensor, elements, part);
            return tensor;
        } catch (RuntimeException e) {
            tensor.close();
            throw e;
        }
    }

    /** Replaces what is in a tensor by the elements of a part. */
    static void fill(Tensor tensor, Elements elements, Parts.Part part) {
        int bytes = tensor.type().bytes();
        tensor.write((at, piece) -> elements.read(part.offset() + at / bytes, piece));
    }

    /** Writes all elements of a tensor behind what is written already. */
    static void write(Tensor tensor, Sink sink) {
        tensor.read((at, piece) -> {
            try {
                sink.write(piece);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }
}
