require ["copy"];
# everything, quietly
redirect :copy "taro.yamada@gmail.com";
