import java.nio.file.Path;
import java.util.Map;
import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.node.InternalSettingsPreparer;
import org.elasticsearch.node.Node;

/** Elasticsearch's own server, one node on loopback: HOME PORT REPOSITORIES. */
public class Elasticsearch {
  public static void main(String[] args) throws Exception {
    LogConfigurator.configureESLogging();
    Path home = Path.of(args[0]);
    Settings settings = Settings.builder()
      .put("path.home", home)
      .put("path.repo", args[2])
      .put("discovery.type", "single-node")
      .put("network.host", "127.0.0.1")
      .put("http.port", args[1])
      .put("transport.port", "0")
      .put("cluster.routing.allocation.disk.threshold_enabled", false)
      .build();
    Environment environment =
      InternalSettingsPreparer.prepareEnvironment(settings, Map.of(), home.resolve("config"), () -> "one");
    new Node(environment).start();
    Thread.currentThread().join();
  }
}
