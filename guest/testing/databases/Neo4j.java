import java.nio.file.Files;
import java.nio.file.Path;
import org.neo4j.dbms.api.DatabaseManagementService;
import org.neo4j.dbms.api.DatabaseManagementServiceBuilder;

/**
 * Neo4j's own server, without its start script: HOME. Creates as many nodes as the file `write` next to its configuration
 * says, once, and prints the number of nodes.
 */
public class Neo4j {
  public static void main(String[] args) throws Exception {
    Path configuration = Path.of(System.getenv("NEO4J_CONF"), "neo4j.conf");
    DatabaseManagementService server =
      new DatabaseManagementServiceBuilder(Path.of(args[0])).loadPropertiesFromFile(configuration).build();
    Runtime.getRuntime().addShutdownHook(new Thread(server::shutdown));
    Path write = configuration.resolveSibling("write");
    int wanted = Files.exists(write) ? Integer.parseInt(Files.readString(write).trim()) : 0;
    Files.deleteIfExists(write);
    try (var transaction = server.database("neo4j").beginTx()) {
      for (int i = 0; i < wanted; i++) transaction.createNode();
      transaction.commit();
    }
    try (var transaction = server.database("neo4j").beginTx()) {
      System.out.println("nodes: " + transaction.getAllNodes().stream().count());
    }
    Thread.currentThread().join();
  }
}
