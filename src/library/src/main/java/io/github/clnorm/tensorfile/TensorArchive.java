package io.github.clnorm.tensorfile;

import io.github.clnorm.type.Codec;
import io.github.clnorm.type.ElementType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The tensors of a {@code .safetensors} file in memory, for example a resource of a jar. Not thread-safe. */
public final class TensorArchive {

    private final String name;
    private final byte[] content;
    private final SafetensorsHeader header;

    /**
     * A tensor and its elements.
     *
     * @param type the type of the stored elements
     * @param shape the dimensions, slowest first
     * @param values the elements, the last dimension fastest; a double holds every type exactly
     */
    public record ArchivedTensor(ElementType type, long[] shape, double[] values) {}

    /**
     * Reads the header.
     *
     * @param name the file's name, for messages; ends with .safetensors
     * @param content the file; not copied
     * @throws TensorFileException if it is not a well-formed .safetensors file
     */
    public TensorArchive(String name, byte[] content) {
        this.name = name;
        this.content = content;
        this.header = SafetensorsHeader.read(Specification.of(name), content);
    }

    /**
     * Returns a tensor.
     *
     * @param tensor its name
     * @return the tensor with its elements
     * @throws TensorFileException if there is none with this name, or its type is not an {@link ElementType}
     */
    public ArchivedTensor tensor(String tensor) {
        StoredTensor stored = header.find(Specification.of(name + "#" + tensor));
        double[] values = new double[Math.toIntExact(stored.count())];
        // The header was checked against the length of the content.
        ByteBuffer elements = ByteBuffer.wrap(
                        content,
                        (int) stored.offset(),
                        values.length * stored.type().bytes())
                .order(ByteOrder.LITTLE_ENDIAN);
        Codec.decode(stored.type(), elements, values, 0);
        return new ArchivedTensor(stored.type(), stored.shape(), values);
    }
}
