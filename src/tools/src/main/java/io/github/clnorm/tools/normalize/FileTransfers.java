package io.github.clnorm.tools.normalize;

import io.github.clnorm.Backend;
import io.github.clnorm.Tensor;
import io.github.clnorm.tensorfile.Elements;
import io.github.clnorm.tensorfile.Sink;
import io.github.clnorm.type.ElementType;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Copies tensors between files and a device in pieces, so Java's heap does not limit their size. */
final class FileTransfers {
    private FileTransfers() {}

    /** Creates a tensor with the elements of a part; null for null. */
    static Tensor upload(Backend backend, ElementType type, Elements elements, Parts.Part part) {
        if (elements == null) {
            return null;
        }
        Tensor tensor = backend.empty(type, part.shape());
        try {
            fill(tensor, elements, part);
            return tensor;
        } catch (RuntimeException e) {
            tensor.close();
            throw e;
        }
    }

    /** Overwrites a tensor with the elements of a part. */
    static void fill(Tensor tensor, Elements elements, Parts.Part part) {
        int bytes = tensor.type().bytes();
        tensor.write((at, piece) -> elements.read(part.offset() + at / bytes, piece));
    }

    /** Appends all elements of a tensor to the file. A null file is ignored. */
    static void write(Tensor tensor, Sink sink) {
        if (sink == null) {
            return;
        }
        tensor.read((at, piece) -> {
            try {
                sink.write(piece);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }
}
