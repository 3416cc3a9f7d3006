// What MongoDB holds. mongosh runs it; its environment: HOST, ADMIN_PASSWORD, ORDER. It says, on lines of their own,
//   counted: N    how many documents the services have
//   cut: SOURCE   that a restore from there has begun and not ended
//   state: S      empty, done (what was ordered was carried out before), or what is there
const { HOST, ADMIN_PASSWORD, ORDER = "" } = process.env;
const connection = connect(`mongodb://admin:${encodeURIComponent(ADMIN_PASSWORD)}@${HOST}:27017/admin`);
const own = ["admin", "config", "local", "lab"];
const names = connection.adminCommand({ listDatabases: 1, nameOnly: true }).databases.map(({ name }) => name);
let documents = 0;
for (const name of names.filter((each) => !own.includes(each))) {
  const database = connection.getSiblingDB(name);
  // What MongoDB keeps for itself there, of views and time series, not even root may read everywhere.
  for (const { name: collection, type } of database.getCollectionInfos())
    if (type !== "view" && !collection.startsWith("system."))
      documents += database.getCollection(collection).countDocuments({});
}
print(`counted: ${documents}`);
const lab = connection.getSiblingDB("lab");
const cut = lab.restores.findOne({ _id: "unfinished" });
if (cut !== null) print(`cut: ${cut.source}`);
const state = () => {
  // What it left where nothing was is nobody's: the same comes again, over it.
  if (cut !== null) return cut.over ? "half of a restore over what was there" : "empty";
  if (ORDER !== "" && lab.orders.countDocuments({ _id: ORDER }) > 0) return "done";
  return documents === 0 ? "empty" : `${documents} documents`;
};
print(`state: ${state()}`);
