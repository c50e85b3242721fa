#pragma once

#include "iib/base/guarded.hpp"
#include "iib/io/json.hpp"
#include "image/tool_runner.hpp"
#include "image/turn.hpp"

#include <atomic>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <string>

namespace iib::image {

/// The storage that buildah works in: which driver, what is kept, what goes. Base images stay, by
/// digest, as long as they are among the most recently used; everything else belongs to a running
/// request. Safe to call from any thread.
class ContainerStorage {
 public:
  ContainerStorage(ToolRunner& tools, const ToolsEngineOptions& options, Log log);

  /// A base that must not go while this object lives.
  class Hold {
   public:
    Hold(ContainerStorage& storage, const model::ImageReference& base);
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;
    ~Hold();

   private:
    ContainerStorage& storage_;
    std::string name_;
  };

  /// Chooses the driver, removes leftovers and surplus bases, once; everybody waits for it.
  void prepare(const Cancellation& cancellation);
  /// Removes bases beyond the bounds that nobody holds, the least recently used first. What goes
  /// wrong is logged: it is no concern of the request at whose end it is done.
  void trim(const Access& access) const;
  /// The same, if a base was taken up since the last time; and remove_unnamed(), if it is due.
  void tidy(const Access& access);
  /// The right to give or take names of images, and to remove or list containers. Equal images of
  /// two requests are one image with two names, and containers/storage 1.43 loses one when two
  /// processes change them at once.
  [[nodiscard]] Turns& naming() noexcept { return naming_; }
  /// The right to take up `base` for the first time; see naming(). Nothing if it was taken up
  /// already, and is there.
  [[nodiscard]] std::shared_ptr<Turns> pulling(const model::ImageReference& base);
  /// Tells that `base` is there.
  void note_pulled(const model::ImageReference& base);
  /// To be held while an image may be pulled: it has no name until all of it is there.
  [[nodiscard]] std::shared_lock<std::shared_mutex> pull_under_way() {
    return std::shared_lock{unnamed_};
  }
  /// Removes images without a name, which a commit leaves that is cut short; later, if one may be
  /// a pull under way. Needs the turn of naming().
  void remove_unnamed(const Access& access);
  /// The ids of the working containers with that name, also of one whose making was cut short.
  [[nodiscard]] std::vector<std::string> containers_called(std::string_view name,
                                                           const Access& access) const;
  /// Whether an image has that name.
  [[nodiscard]] bool has_image(std::string_view name, const Access& access) const;
  /// A name for a container, an image or a list that no other request uses.
  [[nodiscard]] std::string unique_name(const Access& access);

 private:
  struct Base;

  void choose_driver(const Access& access);
  void forget_earlier_boot() const;
  void remove_leftovers(const Access& access);
  [[nodiscard]] io::JsonDocument list_json(const Arguments& arguments, const Access& access) const;
  /// Puts the name that makes `base` one into it, if there is one among `names`.
  void note_name(Base& base, const io::JsonValue& names) const;
  [[nodiscard]] std::vector<Base> list_bases(const Access& access) const;
  void remove_surplus_bases(const Access& access) const;
  void note_use(const std::string& name);

  ToolRunner& tools_;
  const ToolsEngineOptions& options_;
  Log log_;
  std::filesystem::path uses_;
  std::string run_mark_;
  std::once_flag prepared_;
  std::atomic<std::uint64_t> names_given_{0};
  std::atomic<bool> grown_{false};
  std::atomic<bool> unnamed_left_{false};
  std::shared_mutex unnamed_;
  mutable Guarded<std::multiset<std::string>> held_;
  Turns naming_;
  struct Pulls {
    std::set<std::string> done;
    std::map<std::string, std::shared_ptr<Turns>> turns;
  };
  mutable Guarded<Pulls> pulls_;
};

}  // namespace iib::image
