package io.github.clnorm.spark;

import io.github.clnorm.device.DeviceAddresses;
import io.github.clnorm.device.Devices;
import java.util.Optional;
import org.apache.spark.SparkConf;
import org.apache.spark.api.resource.ResourceDiscoveryPlugin;
import org.apache.spark.resource.ResourceInformation;
import org.apache.spark.resource.ResourceRequest;

/**
 * Tells Spark which GPUs a machine has, so that no discovery script is needed: {@code
 * spark.resources.discoveryPlugin=io.github.clnorm.spark.ClnormDiscovery}. Addresses are those that {@code clnorm devices
 * --spark} prints. {@code spark.clnorm.device}, or else {@code $CLNORM_DEVICE}, selects other devices than the GPUs.
 *
 * <p>Resources of other names are left to other plugins and scripts.
 */
public final class ClnormDiscovery implements ResourceDiscoveryPlugin {

    /** Created by Spark. */
    public ClnormDiscovery() {}

    /**
     * Finds the addresses of a resource.
     *
     * @param request the resource
     * @param conf the settings
     * @return the addresses of all devices; empty if the resource is not {@code gpu}
     * @throws io.github.clnorm.device.NoDeviceException if the machine has none; the message says why
     */
    @Override
    public Optional<ResourceInformation> discoverResource(ResourceRequest request, SparkConf conf) {
        String name = request.id().resourceName();
        if (!name.equals(AssignedDevice.RESOURCE)) {
            return Optional.empty();
        }
        DeviceAddresses addresses =
                DeviceAddresses.assignable(conf.get(AssignedDevice.SELECTOR, null), Devices.platforms());
        return Optional.of(new ResourceInformation(name, addresses.all().toArray(String[]::new)));
    }
}
