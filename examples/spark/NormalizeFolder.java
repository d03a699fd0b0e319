import io.github.clnorm.NormSpec;
import io.github.clnorm.spark.ClnormSpark;
import io.github.clnorm.spark.NormalizationReport;
import io.github.clnorm.spark.NormalizedRows;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * Normalizes a folder of {@code .npy} files on a cluster and writes Parquet: a row for each file, with its path, the
 * normalized tensor as {@code .npy} bytes, and the device that computed it. Files that are no tensor of this shape get a
 * null.
 *
 * <p>docs/spark.md has the commands. Arguments: the folder, and where Parquet goes.
 */
public final class NormalizeFolder {

    private NormalizeFolder() {}

    public static void main(String[] arguments) {
        SparkSession spark = SparkSession.builder().appName("normalize a folder").getOrCreate();
        Dataset<Row> files = spark.read()
                .format("binaryFile")
                .option("pathGlobFilter", "*.npy")
                .load(arguments[0])
                .select("path", "content");
        NormalizedRows normalized = ClnormSpark.normalize(files, NormSpec.layerNorm(80, 96))
                .input("content")
                .shape(2, 16, 80, 96) // of examples/feature-maps.npy
                .output("content")
                .fingerprint("device")
                .key("path")
                .onBadRow("null")
                .normalized();
        NormalizationReport report =
                normalized.run(rows -> rows.write().mode("overwrite").parquet(arguments[1]));
        System.out.print(report.explain());
        spark.stop();
    }
}
