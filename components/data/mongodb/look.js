// What MongoDB holds, in one word or two: empty, done (what was ordered was carried out before), or how many documents.
// mongosh runs it; its environment: HOST, ADMIN_PASSWORD, ORDER.
const { HOST, ADMIN_PASSWORD, ORDER = "" } = process.env;
const connection = connect(`mongodb://admin:${encodeURIComponent(ADMIN_PASSWORD)}@${HOST}:27017/admin`);
const own = ["admin", "config", "local", "lab"];
const names = connection.adminCommand({ listDatabases: 1, nameOnly: true }).databases.map(({ name }) => name);
let documents = 0;
for (const name of names.filter((each) => !own.includes(each))) {
  const database = connection.getSiblingDB(name);
  for (const collection of database.getCollectionInfos({ type: "collection" }))
    documents += database.getCollection(collection.name).countDocuments({});
}
const done = ORDER !== "" && connection.getSiblingDB("lab").orders.countDocuments({ _id: ORDER }) > 0;
print(done ? "done" : documents === 0 ? "empty" : `${documents} documents`);
