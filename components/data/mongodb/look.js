// Inspects MongoDB's content. Runs in mongosh; environment: HOST, ADMIN_PASSWORD, REQUEST. Prints on separate lines
//   counted: N            the number of documents of the services
//   interrupted: SOURCE   a restore from there has begun and not ended
//   state: S              empty, done (the request is completed), or what exists
const { HOST, ADMIN_PASSWORD, REQUEST = "" } = process.env;
const connection = connect(`mongodb://admin:${encodeURIComponent(ADMIN_PASSWORD)}@${HOST}:27017/admin`);
const own = ["admin", "config", "local", "lab"];
const names = connection.adminCommand({ listDatabases: 1, nameOnly: true }).databases.map(({ name }) => name);
let documents = 0;
for (const name of names.filter((each) => !own.includes(each))) {
  const database = connection.getSiblingDB(name);
  // MongoDB's own collections of views and time series are not readable everywhere, not even by root.
  for (const { name: collection, type } of database.getCollectionInfos())
    if (type !== "view" && !collection.startsWith("system."))
      documents += database.getCollection(collection).countDocuments({});
}
print(`counted: ${documents}`);
const lab = connection.getSiblingDB("lab");
const interrupted = lab.restores.findOne({ _id: "unfinished" });
if (interrupted !== null) print(`interrupted: ${interrupted.source}`);
const state = () => {
  // Documents of an interrupted restore into an empty database are not live data: the same restore overwrites them.
  if (interrupted !== null) return interrupted.over ? "an interrupted restore over existing documents" : "empty";
  if (REQUEST !== "" && lab.orders.countDocuments({ _id: REQUEST }) > 0) return "done";
  return documents === 0 ? "empty" : `${documents} documents`;
};
print(`state: ${state()}`);
